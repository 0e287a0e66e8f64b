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
export function settingOf(number, value, keep, least, most) {
  if (!keep || number.low === null) return digits(value);
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

/** A slider with a field beside it, for one number or for several that are set as one. */
export class NumberControl {
  constructor(changes, number, label, bounds, options = {}) {
    Object.assign(this, { changes, number, label, ...bounds });
    this.paths = options.paths || [number.path];
    const id = `c${(numbered += 1)}`;
    const move = (event) => this.moved(Number(event.target.value), event.target);
    const at = { min: this.least, max: this.most, "aria-describedby": `${id}-under` };
    const named = options.full || label;
    this.range = make("input", { type: "range", id, step: this.step, "aria-label": named, ...at, oninput: move });
    this.field = make("input", { type: "number", step: "any", "aria-label": translate("tweak.number_of", { label: named }), ...at, onchange: move });
    this.mark = make("span", { class: "mark" });
    this.back = make("button", { type: "button", hidden: true, "aria-label": translate("tweak.reset_of", { label: named }), onclick: () => { this.changes.takeBack(...this.paths); this.range.focus(); } }, translate("tweak.reset"));
    this.element = make("div", { class: "control" },
      make("label", { for: id }, label), this.range, this.field,
      make("div", { class: "under", id: `${id}-under` }, make("span", {}, translate("tweak.in_file", { number: spread(number) })), this.mark, this.back));
    this.show(number.value, "");
  }

  get setNow() {
    return this.changes.sets.has(this.paths[0]);
  }

  moved(value, source) {
    if (!Number.isFinite(value) || source.value === "") return;
    value = Math.min(Math.max(value, this.least), this.most);
    const keep = document.getElementById("keep").checked;
    for (const path of this.paths.slice(1)) this.changes.sets.set(path, { text: settingOf(this.number, value, keep, this.least, this.most), number: value });
    this.changes.set(this.paths[0], settingOf(this.number, value, keep, this.least, this.most), value);
  }

  /** Show a value, and in a word why it is not that of the file. */
  show(value, word) {
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
    if (set) this.moved(set.number, this.range);
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
      new NumberControl(changes, number, number.label, { least: 0, most: 1, step: 0.005 }, { full: `${party.label}: ${number.label}` }));
    this.elements = this.controls.map((control) => control.element);
  }

  refresh() {
    const set = this.controls.map((control) => this.changes.sets.get(control.number.path));
    const sum = (values) => values.reduce((one, other) => one + other, 0);
    const fixed = sum(set.map((each) => (each ? each.number : 0)));
    const others = sum(this.controls.map((control, at) => (set[at] ? 0 : control.number.value)));
    const factor = set.some(Boolean) && others > 0 ? Math.max(1 - fixed, 0) / others : 1;
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
    const names = line.lines.map((each) => each.id).join(", ");
    this.hardness = new NumberControl(changes, line, translate("tweak.hardness"), { least: 0, most: 1, step: 0.01 }, { paths: line.paths, full: translate("tweak.hardness_of", { label: names, hardness: translate("tweak.hardness") }) });
    this.box = make("input", { type: "checkbox", "aria-label": translate("tweak.line_on_of", { label: names }), onchange: () => this.switched() });
    this.element = make("fieldset", {}, make("legend", {}, names),
      make("ul", { class: "lines" }, ...line.lines.map((each) => make("li", {}, translate("tweak.line_words", each)))),
      make("p", { class: "row" }, make("label", {}, this.box, translate("tweak.line_on"))), this.hardness.element);
  }

  switched() {
    const { paths, value } = this.line;
    if (this.box.checked === value > 0) return this.changes.takeBack(...paths);
    const number = this.box.checked ? 1 : 0;
    for (const path of paths.slice(1)) this.changes.sets.set(path, { text: String(number), number });
    return this.changes.set(paths[0], String(number), number);
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
    this.element = make("p", { class: "row" }, make("label", {}, this.box, translate(`tweak.block_${block}`)));
  }

  refresh() {
    this.box.checked = !this.changes.without.has(this.block);
  }
}

/** Any number of the file by its path. */
class AnyControl {
  constructor(changes, numbers) {
    this.changes = changes;
    this.known = new Map(numbers.map((each) => [each.path, each]));
    this.path = make("input", { id: "any-path", list: "any-paths", autocomplete: "off", spellcheck: "false", onchange: () => this.chosen() });
    this.value = make("input", { id: "any-value", type: "number", step: "any" });
    this.status = make("div", { class: "under", role: "status" });
    this.listed = make("ul", { class: "lines" });
    this.element = make("div", {},
      make("form", { onsubmit: (event) => { event.preventDefault(); this.put(); } },
        make("p", {}, make("label", { for: "any-path" }, translate("tweak.any_path")), " ", this.path),
        make("p", { class: "row" }, make("label", { for: "any-value" }, translate("tweak.any_value")), this.value, make("button", {}, translate("tweak.any_set")))),
      make("datalist", { id: "any-paths" }, ...numbers.map((each) => make("option", { value: each.path }))),
      this.status, this.listed);
  }

  chosen() {
    const number = this.known.get(this.path.value.trim());
    this.status.textContent = number ? translate("tweak.in_file", { number: spread(number) }) : translate("tweak.any_none");
    if (number) this.value.value = digits(number.value, 6);
  }

  put() {
    const number = this.known.get(this.path.value.trim());
    if (!number || this.value.value === "") return this.chosen();
    const keep = document.getElementById("keep").checked;
    const value = this.value.valueAsNumber;
    return this.changes.set(number.path, settingOf(number, value, keep, -Infinity, Infinity), value);
  }

  /** What is set, one a line, each to be taken back: also what no other control shows. */
  refresh() {
    fill(this.listed, ...[...this.changes.sets].map(([path, each]) => make("li", {}, make("code", {}, `${path}=${each.text}`), " ",
      make("button", { type: "button", "aria-label": translate("tweak.reset_of", { label: path }), onclick: () => this.changes.takeBack(path) }, translate("tweak.reset")))));
  }
}

/** All controls of a file, put into an element. */
export function build(element, reply, changes) {
  const parts = [];
  const keep = (control) => { parts.push(control); return control.element; };
  const parties = reply.parties.map((party) => {
    const weights = new Weights(changes, party);
    parts.push(weights);
    const full = (text) => `${party.label}: ${text}`;
    return make("fieldset", {}, make("legend", {}, party.label),
      make("h3", {}, translate("tweak.weights")), ...weights.elements,
      make("h3", {}, translate("tweak.no_agreement")),
      keep(new NumberControl(changes, party.no_deal, translate("tweak.no_deal"), { least: 0, most: 1, step: 0.005 }, { full: full(translate("tweak.no_deal")) })),
      make("h3", {}, translate("tweak.talks")),
      keep(new NamedControl(changes, party.strategy, reply.strategies, translate("tweak.strategy"), full,
        party.strategy.numbers.map((number) => new NumberControl(changes, number, `${number.label}: ${number.about}`, boundsOf(number), { full: full(number.label) })))));
  });
  const readings = reply.reading.choices.map((name) => ({ name, label: translate(`tweak.reading_${name}`) }));
  fill(element, ...parties,
    make("h3", {}, translate("tweak.lines")),
    ...(reply.lines.length ? reply.lines.map((line) => keep(new LineControl(changes, line))) : [make("p", {}, translate("tweak.no_lines"))]),
    make("h3", {}, translate("tweak.rules")),
    make("fieldset", {}, make("legend", {}, translate("tweak.rules_talks")),
      keep(new NamedControl(changes, reply.protocol, reply.protocols, translate("tweak.protocol"), (text) => (text === translate("tweak.protocol") ? text : `${translate("tweak.protocol")}: ${text}`))),
      keep(new ChoiceControl(changes, reply.reading.path, reply.reading.value, readings, translate("tweak.reading"), (name) => name))),
    reply.blocks.length ? make("fieldset", {}, make("legend", {}, translate("tweak.blocks")), ...reply.blocks.map((block) => keep(new BlockControl(changes, block)))) : null,
    make("details", {}, make("summary", {}, translate("tweak.any")), keep(new AnyControl(changes, reply.numbers))));
  return parts;
}

/** Bounds of a parameter's slider: what is allowed, else some way around its range. */
function boundsOf(number) {
  const [low, high] = [number.low ?? number.value, number.high ?? number.value];
  const least = number.least ?? Math.min(0, 2 * low);
  const most = number.most ?? Math.max(2 * high, 1);
  const step = (most - least) / 200;
  return { least: number.least === null ? least : least + step, most, step };
}
