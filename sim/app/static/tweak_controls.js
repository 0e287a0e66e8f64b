// The controls of the tweak page: the elements with which numbers and names are set.

import { fill, make, translate } from "./app.js";
import { ChoiceControl, NamedControl } from "./tweak_names.js";

/** A number in digits, without an exponent and needless zeros. */
export function digits(number, places = 6) {
  return String(Number(number.toFixed(places)));
}

function spread(number) {
  const [value, low, high] = [number.value, number.low, number.high].map((each) => (each === null ? "" : digits(each, 4)));
  return number.low === null ? value : translate("tweak.spread", { value, low, high });
}

/** The text that sets a number: alone, or with its range moved along and cut at the bounds. */
function settingOf(number, value, keep) {
  const [least, most] = [number.least ?? -Infinity, number.most ?? Infinity];
  if (!keep || number.low === null || value < least || value > most) return digits(value);
  let [low, high] = [number.low + value - number.value, number.high + value - number.value];
  if (number.law === "uniform" || number.law === "normal") {
    const half = Math.min((number.high - number.low) / 2, value - least, most - value);
    [low, high] = [value - half, value + half];
  }
  [low, high] = [Math.max(low, least), Math.min(high, most)];
  if (!(low < high)) return digits(value);
  const law = number.law === "triangular" ? "" : `, law: ${number.law}`;
  return `{value: ${digits(value)}, range: [${digits(low)}, ${digits(high)}]${law}, status: assumption}`;
}

let numbered = 0;

/** Where a slider begins and ends: at the bounds of its number, or some way around its range where they are far off. */
function reach(number) {
  const [low, high] = [number.low ?? number.value, number.high ?? number.value];
  const least = number.least ?? Math.min(0, 2 * low);
  const far = Math.max(2 * high, least + 1);
  const most = number.most === null || (number.most > 1 && number.most > 10 * far) ? far : number.most;
  return { least, most, step: number.whole ? 1 : (most - least) / 200 };
}

/** A slider with a field beside it, for one number or for several that are set as one. The field takes any number: it is for `check` to refuse it. */
export class NumberControl {
  constructor(changes, number, label = number.label, { paths = [number.path], full = label } = {}) {
    Object.assign(this, { changes, number, paths });
    for (const path of paths) changes.fields.set(path, this);
    const id = `c${(numbered += 1)}`;
    const move = (event) => this.moved(event.target);
    const { least, most, step } = reach(number);
    const below = `${id}-under ${id}-fault`;
    this.range = make("input", { type: "range", id, min: least, max: most, step, "aria-label": full, "aria-describedby": below, oninput: move });
    this.field = make("input", { type: "number", step: number.whole ? 1 : "any", "aria-label": translate("tweak.number_of", { label: full }), "aria-describedby": below, onchange: move });
    this.mark = make("span", { class: "mark" });
    this.wrong = make("div", { class: "under faults", id: `${id}-fault` });
    this.back = make("button", { type: "button", hidden: true, "aria-label": translate("tweak.reset_of", { label: full }), onclick: () => { this.changes.takeBack(...this.paths); this.range.focus(); } }, translate("tweak.reset"));
    this.element = make("div", { class: "control", "data-find": `${full} ${paths.join(" ")}` },
      make("label", { for: id }, label), this.range, this.field,
      make("div", { class: "under", id: `${id}-under` }, make("span", {}, translate("tweak.in_file", { number: spread(number) })), this.mark, this.back), this.wrong);
    this.show(number.value, "");
  }

  get setNow() {
    return this.changes.sets.has(this.paths[0]);
  }

  moved(source) {
    if (source.value === "") this.field.value = digits(this.shown, 4);
    else this.put(source.valueAsNumber);
  }

  put(value) {
    const text = settingOf(this.number, value, document.getElementById("keep").checked);
    this.changes.set(this.paths, text, value);
  }

  /** Say what is wrong with what is set here, in the words of `check`; nothing where nothing is. */
  blame(message) {
    this.wrong.textContent = this.paths.reduce((text, path) => text.replace(`${path}: `, ""), message);
    if (message) this.field.setAttribute("aria-invalid", "true");
    else this.field.removeAttribute("aria-invalid");
  }

  /** Show a value, and in a word why it is not that of the file. */
  show(value, word) {
    this.shown = value;
    if (document.activeElement !== this.range || this.range.valueAsNumber !== value) this.range.value = value;
    if (document.activeElement !== this.field) this.field.value = digits(value, 4);
    this.range.setAttribute("aria-valuetext", digits(value, 3) + (word ? `, ${word}` : ""));
    this.mark.textContent = word;
    this.back.hidden = !this.setNow;
    this.element.classList.toggle("set", this.setNow);
  }

  /** Set what is set once more: whether ranges move along has changed. */
  again() {
    const set = this.changes.sets.get(this.paths[0]);
    if (set) this.put(set.number);
  }

  refresh() {
    const set = this.changes.sets.get(this.paths[0]);
    this.show(set ? set.number : this.number.value, set ? translate("tweak.set_here") : "");
  }
}

/** The weights of a party: those that are not set share out what is left, in proportion. */
export class Weights {
  constructor(changes, party) {
    this.changes = changes;
    this.name = party.name;
    this.controls = party.weights.map((number) =>
      new NumberControl(changes, number, number.label, { full: `${party.label}: ${number.label}` }));
    this.elements = this.controls.map((control) => control.element);
  }

  refresh() {
    const set = this.controls.map((control) => this.changes.sets.get(control.number.path));
    const sum = (values) => values.reduce((one, other) => one + other, 0);
    const fixed = sum(set.map((each) => (each ? each.number : 0)));
    const others = sum(this.controls.map((control, at) => (set[at] ? 0 : control.number.value)));
    const factor = set.some(Boolean) && others > 0 && fixed <= 1 ? (1 - fixed) / others : 1;
    this.controls.forEach((control, at) => {
      if (set[at]) control.show(set[at].number, translate("tweak.set_here"));
      else control.show(control.number.value * factor, factor === 1 ? "" : translate("tweak.rescaled"));
    });
  }

  /** What the server made of them. */
  confirm(weights) {
    for (const control of this.controls) {
      const value = weights[control.number.path.split(".").pop()];
      if (!control.setNow && value !== undefined) {
        control.show(value, Math.abs(value - control.number.value) > 1e-9 ? translate("tweak.rescaled") : "");
      }
    }
  }
}

/** A red line, or several that share a draw: drawn or not, and how hard. */
export class LineControl {
  constructor(changes, line) {
    this.changes = changes;
    this.line = line;
    const names = line.lines.map((each) => each.short).join(", ");
    this.hardness = new NumberControl(changes, line, translate("tweak.hardness"), { paths: line.paths, full: translate("tweak.hardness_of", { label: names, hardness: translate("tweak.hardness") }) });
    this.box = make("input", { type: "checkbox", "aria-label": translate("tweak.line_on_of", { label: names }), onchange: () => this.switched() });
    this.element = make("fieldset", { "data-find": [names, ...line.paths, ...line.lines.flatMap((each) => [each.owner, each.words])].join(" ") }, make("legend", {}, names),
      make("ul", { class: "lines" }, ...line.lines.map((each) => make("li", {}, translate("tweak.line_words", each)))),
      make("p", { class: "row" }, make("label", {}, this.box, translate("tweak.line_on"))), this.hardness.element);
  }

  switched() {
    const { paths, value } = this.line;
    if (this.box.checked === value > 0) return this.changes.takeBack(...paths);
    const number = this.box.checked ? 1 : 0;
    return this.changes.set(paths, String(number), number);
  }

  refresh() {
    const set = this.changes.sets.get(this.line.paths[0]);
    this.box.checked = (set ? set.number : this.line.value) > 0;
    this.hardness.refresh();
  }
}

/** A mechanism that can be taken out of the scenario. */
export class BlockControl {
  constructor(changes, block) {
    this.changes = changes;
    this.block = block;
    this.box = make("input", { type: "checkbox", onchange: () => {
      if (this.box.checked) changes.without.delete(block);
      else changes.without.add(block);
      changes.changed();
    } });
    const label = translate(`tweak.block_${block}`);
    this.element = make("p", { class: "row", "data-find": `${label} ${block}` }, make("label", {}, this.box, label));
  }

  refresh() {
    this.box.checked = !this.changes.without.has(this.block);
  }
}

/** All that is set, one a line, each to be taken back: also what no control shows any more, as after an edit of the file. */
export function listed(changes) {
  const line = (text, path, back) => make("li", {}, make("code", {}, text), " ",
    make("button", { type: "button", "aria-label": translate("tweak.reset_of", { label: path }), onclick: back }, translate("tweak.reset")));
  return [...[...changes.without].map((path) => line(translate("common.changed_without", { path }), path, () => changes.putBack(path))),
    ...[...changes.sets].map(([path, each]) => line(`${path}=${each.text}`, path, () => changes.takeBack(path)))];
}

/** A group of controls that folds. */
function group(title, open, ...children) {
  return make("details", { class: "group", open }, make("summary", {}, title), ...children);
}

/** All controls of a file, put into an element. */
export function build(element, reply, changes) {
  const parts = [];
  changes.fields.clear();
  const keep = (control) => { parts.push(control); return control.element; };
  const others = new Map(reply.numbers.map((each) => [each.party || each.block, each.numbers.map((number) => keep(new NumberControl(changes, number)))]));
  const parties = reply.parties.map((party) => {
    const weights = new Weights(changes, party);
    parts.push(weights);
    const full = (text) => `${party.label}: ${text}`;
    return group(party.label, false,
      make("h3", {}, translate("tweak.weights")), ...weights.elements,
      make("h3", {}, translate("tweak.no_agreement")),
      keep(new NumberControl(changes, party.no_deal, translate("tweak.no_deal"), { full: full(translate("tweak.no_deal")) })),
      make("h3", {}, translate("tweak.talks")),
      keep(new NamedControl(changes, party.strategy, reply.strategies, translate("tweak.strategy"), full,
        party.strategy.numbers.map((number) => new NumberControl(changes, number, `${number.label}: ${number.about}`, { full: full(number.label) })))),
      others.has(party.name) ? group(translate("tweak.others_of", { party: party.label }), false, ...others.get(party.name)) : null);
  });
  const readings = reply.reading.choices.map((name) => ({ name, label: translate(`tweak.reading_${name}`) }));
  fill(element,
    group(translate("tweak.block_time"), true, ...others.get("time")),
    group(translate("tweak.lines"), true, ...(reply.lines.length ? reply.lines.map((line) => keep(new LineControl(changes, line))) : [make("p", {}, translate("tweak.no_lines"))])),
    ...parties,
    group(translate("tweak.rules"), false,
      keep(new NamedControl(changes, reply.protocol, reply.protocols, translate("tweak.protocol"), (text) => (text === translate("tweak.protocol") ? text : `${translate("tweak.protocol")}: ${text}`))),
      keep(new ChoiceControl(changes, reply.reading.path, reply.reading.value, readings, translate("tweak.reading"), (name) => name)),
      ...(others.get("protocol") || [])),
    reply.blocks.length ? group(translate("tweak.blocks"), false, ...reply.blocks.map((block) => keep(new BlockControl(changes, block)))) : null,
    ...reply.numbers.filter((each) => !each.party && !["time", "protocol"].includes(each.block)).map((each) => group(translate(`tweak.block_${each.block}`), false, ...others.get(each.block))));
  return parts;
}

/** Show the controls whose words or paths have all words of a text, each in its open group; all of them again for an empty text. Returns how many. */
export function find(element, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const each of element.querySelectorAll("[data-find]")) {
    const title = each.closest(".group").firstChild.textContent;
    each.hidden = !words.every((word) => `${title} ${each.dataset.find}`.toLowerCase().includes(word));
    if (!each.hidden) found += 1;
  }
  for (const each of element.querySelectorAll(".group")) {
    each.dataset.open ??= each.open;
    each.open = words.length ? true : each.dataset.open === "true";
    if (!words.length) delete each.dataset.open;
    each.hidden = words.length > 0 && !each.querySelector("[data-find]:not([hidden])");
  }
  element.classList.toggle("finding", words.length > 0);
  return found;
}
