// The controls of the tweak page for what is chosen among names: strategies, protocols, and the words that these take.

import { fill, make, translate } from "./app.js";

let numbered = 0;

/** A choice among names; the one of the file takes the change back, and what was set below goes with either. */
export class ChoiceControl {
  /**
   * choices: [{ name, label, about }]; textOf: the text that sets a name; full: the label with what it is of;
   * under: what is said below, otherwise the name that the file has; block: what must be set before, { path, text }, if the file does not have it.
   */
  constructor(changes, path, value, choices, label, textOf, { full = label, under = translate("tweak.in_file_choice", { name: value }), block = null } = {}) {
    Object.assign(this, { changes, path, value, choices, textOf, block });
    const id = `n${(numbered += 1)}`;
    this.select = make("select", { id, "aria-label": full, "aria-describedby": `${id}-under`, onchange: () => this.chosen(this.select.value) },
      ...choices.map((each) => make("option", { value: each.name }, each.label || each.name)));
    this.about = make("span", {});
    const abouts = choices.filter((each) => each.about);
    this.element = make("div", { class: "control", "data-find": `${full} ${path}` }, make("label", { for: id }, label), this.select,
      make("div", { class: "under", id: `${id}-under` }, make("span", {}, under), this.about),
      abouts.length ? make("details", { class: "meanings" }, make("summary", { "aria-label": translate("tweak.meanings_of", { label: full }) }, translate("tweak.meanings")),
        make("dl", {}, ...abouts.flatMap((each) => [make("dt", {}, each.label || each.name), make("dd", {}, each.about)]))) : null);
  }

  chosen(name) {
    const { sets } = this.changes, { path, block } = this;
    const below = (of) => [...sets.keys()].filter((each) => each.startsWith(`${of}.`));
    for (const each of below(path)) sets.delete(each);
    if (name !== this.value) {
      if (block && !sets.has(block.path)) sets.set(block.path, { text: block.text, number: 0 });
      return this.changes.set(path, this.textOf(name), 0);
    }
    sets.delete(path);
    if (block && sets.get(block.path)?.text === block.text && !below(block.path).length) sets.delete(block.path);
    return this.changes.changed();
  }

  refresh() {
    const set = this.changes.sets.get(this.path);
    const found = set ? this.choices.find((each) => this.textOf(each.name) === set.text) : null;
    this.select.value = found ? found.name : this.value;
    this.about.textContent = this.choices.find((each) => each.name === this.select.value)?.about || "";
    this.element.classList.toggle("set", this.select.value !== this.value);
  }
}

/** A strategy or a protocol: its name; the numbers that the file gives it; the words of the one that is chosen now. */
export class NamedControl {
  /** inFile: { path, value, words, written } of the file; kinds: all there are, each with its words; numbers: controls. */
  constructor(changes, inFile, kinds, label, full, numbers = []) {
    Object.assign(this, { changes, inFile, kinds, full, numbers, words: [], shown: null });
    this.choice = new ChoiceControl(changes, inFile.path, inFile.value, kinds, label, named, { full: full(label) });
    this.below = make("div", {});
    this.element = make("div", {}, this.choice.element, this.below);
  }

  /** Those whose ranges may move along. */
  get controls() {
    return this.numbers;
  }

  refresh() {
    this.choice.refresh();
    if (this.shown !== this.choice.select.value) this.lay(this.choice.select.value);
    for (const each of [...this.numbers, ...this.words]) each.refresh();
  }

  /** Lay out what the chosen one takes. */
  lay(name) {
    const { path, value, words, written } = this.inFile, own = name === value;
    const block = own && !written ? { path, text: named(value) } : null;
    this.words = this.kinds.find((each) => each.name === name).words.map((word) => {
      const given = own && word.key in words;
      const now = given ? words[word.key] : word.default;
      const under = translate(given ? "tweak.in_file_choice" : "tweak.by_default", { name: now });
      return new ChoiceControl(this.changes, `${path}.${word.key}`, now, word.choices, `${word.key}: ${word.about}`, (text) => text, { full: this.full(word.key), under, block });
    });
    fill(this.below, ...(own ? this.numbers : []).map((each) => each.element), ...this.words.map((each) => each.element));
    this.shown = name;
  }
}

const named = (name) => `{name: ${name}}`;
