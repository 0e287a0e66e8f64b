// What is changed in a file, on every page that takes changes: it stands in the address behind #, which the links to the other pages carry on.

import { ask, carry, faults, file, fill, make, translate, table } from "./app.js";

const MOST_LISTED = 8; // more than these are folded up
const ONE_GO = 1000; // milliseconds between two moves of a slider that are one step
let followed = () => location.reload(); // an address with other changes, typed or gone back to, is another page

/** What was set: `PATH=VALUE` texts by path, with the number they stand for, and blocks taken out; also those pinned as B beside which the present ones are held. */
export class Changes {
  constructor(changed = () => {}) {
    this.fields = new Map(); // by path, the control that shows it
    this.changed = changed;
    this.restore("");
  }

  /** Those that the address of this page has. */
  static here(changed) {
    const found = new Changes(changed);
    found.restore(location.hash);
    return found;
  }

  /** Set one path, or several as one. */
  set(paths, text, number) {
    for (const path of [paths].flat()) this.sets.set(path, { text, number });
    this.changed();
  }

  takeBack(...paths) {
    for (const path of paths) this.sets.delete(path);
    this.changed();
  }

  putBack(path) {
    this.without.delete(path);
    this.changed();
  }

  clear() {
    this.sets.clear();
    this.without.clear();
    this.changed();
  }

  /** Hold the present ones as B, or none. */
  pin(pinned) {
    this.pinned = pinned ? this.wish : null;
    this.changed();
  }

  get empty() {
    return this.sets.size === 0 && this.without.size === 0;
  }

  /** As the server takes it. */
  get wish() {
    return { sets: this.texts, without: [...this.without] };
  }

  get texts() {
    return [...this.sets].map(([path, each]) => `${path}=${each.text}`);
  }

  /** As an address has it, with the #; empty if nothing is changed. */
  get hash() {
    return this.empty && !this.pinned ? "" : `#${encodeURIComponent(JSON.stringify({ sets: [...this.sets], without: [...this.without], pinned: this.pinned }))}`;
  }

  restore(hash) {
    Object.assign(this, { sets: new Map(), without: new Set(), pinned: null });
    if (hash.length < 2) return;
    try {
      const found = JSON.parse(decodeURIComponent(hash.slice(1)));
      const texts = (each) => each.map(String);
      const sets = new Map(found.sets.map(([path, each]) => [String(path), { text: String(each.text), number: Number(each.number) }]));
      const pinned = found.pinned ? { sets: texts(found.pinned.sets), without: texts(found.pinned.without) } : null;
      Object.assign(this, { sets, without: new Set(texts(found.without)), pinned });
    } catch {
      // an address from elsewhere; nothing is changed then
    }
  }

  /** Have them in the address of this page, so that a page loaded again has them still, and in the links to the other pages. */
  keep(query = location.search) {
    history.replaceState(history.state, "", `${location.pathname}${query}${this.hash}`);
    carry(this.hash);
  }
}

/** The changes of this page as steps of the browser's history, so that its buttons undo and redo them too. */
export class Steps {
  constructor(changes, moved) {
    Object.assign(this, { changes, at: history.state?.at ?? 0, by: null, since: -Infinity });
    this.last = this.at; // steps that another load of the page took are not known any more
    followed = () => {
      this.at = history.state?.at ?? 0;
      this.last = Math.max(this.last, this.at);
      this.by = null;
      changes.restore(location.hash);
      carry(location.hash);
      moved();
    };
  }

  /** Note a change; what one control does in one go is one step. */
  note() {
    const { hash } = this.changes;
    if (hash === location.hash) return;
    const [by, now] = [document.activeElement, performance.now()];
    if (by !== this.by || now - this.since > ONE_GO) {
      this.last = this.at += 1;
      history.pushState({ at: this.at }, "", location.href);
    }
    Object.assign(this, { by, since: now });
    this.changes.keep();
  }

  get undoable() {
    return this.at > 0;
  }

  get redoable() {
    return this.at < this.last;
  }

  undo() {
    if (this.undoable) history.back();
  }

  redo() {
    if (this.redoable) history.forward();
  }
}

/** Say at the top of a page what is changed in what it shows; nothing where nothing is. */
export function tellChanges(changes) {
  const element = document.getElementById("changed");
  element.hidden = changes.empty;
  if (changes.empty) return;
  const lines = [...[...changes.without].map((path) => translate("common.changed_without", { path })), ...changes.texts];
  const list = make("ul", {}, ...lines.map((text) => make("li", {}, make("code", {}, text))));
  fill(element,
    make("h2", {}, translate("common.changed")),
    lines.length > MOST_LISTED ? make("details", {}, make("summary", {}, translate("common.changed_all", { count: lines.length })), list) : list,
    make("p", {}, translate("common.changed_about")),
    inWords(changes),
    make("p", { class: "ways" }, make("a", { href: document.querySelector("nav a[data-page=tweak]").href }, translate("common.changed_on_tweak")),
      make("button", { type: "button", onclick: () => location.assign(`${location.pathname}${location.search}`) }, translate("common.changed_back"))));
}

/** What differs from the file, looked up once somebody wants to know; what was rescaled stands there too. */
function inWords(changes) {
  const found = make("div", { class: "same" });
  const details = make("details", { ontoggle: async () => {
    if (!details.open || found.childNodes.length) return;
    try {
      const rows = await ask(`/${document.body.dataset.page}/differing`, { file, ...changes.wish }, undefined, "differing");
      const cells = rows.map((each) => [each.words || each.input, each.before || translate("common.changed_absent"), each.after || translate("common.changed_absent")]);
      fill(found, cells.length ? table(translate("common.changed_words"), translate("common.changed_heads").split("|"), cells) : make("p", {}, translate("common.changed_none")));
    } catch (error) {
      fill(found, faults(error));
    }
  } }, make("summary", {}, translate("common.changed_words")), found);
  return details;
}

/** What to say before faults that come from changes, and not from the file; null where the file itself is at fault. */
export function blamed(refusal) {
  return refusal.ofChanges ? make("p", {}, translate("common.changed_refused")) : null;
}

addEventListener("popstate", () => followed());
