// What is changed in a file, on every page that takes changes: it stands in the address behind #, which the links to the other pages carry on.

import { ask, carry, faults, file, fill, make, translate, table } from "./app.js";

const MOST_LISTED = 8; // more than these are folded up

/** What was set: `PATH=VALUE` texts by path, with the number they stand for, and blocks taken out. */
export class Changes {
  constructor(changed = () => {}) {
    this.sets = new Map();
    this.without = new Set();
    this.changed = changed;
  }

  /** Those that the address of this page has. */
  static here(changed) {
    const found = new Changes(changed);
    if (location.hash.length > 1) found.restore(location.hash.slice(1));
    return found;
  }

  set(path, text, number) {
    this.sets.set(path, { text, number });
    this.changed();
  }

  takeBack(...paths) {
    for (const path of paths) this.sets.delete(path);
    this.changed();
  }

  clear() {
    this.sets.clear();
    this.without.clear();
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
    return this.empty ? "" : `#${encodeURIComponent(JSON.stringify({ sets: [...this.sets], without: [...this.without] }))}`;
  }

  restore(kept) {
    try {
      const found = JSON.parse(decodeURIComponent(kept));
      const sets = new Map(found.sets.map(([path, each]) => [String(path), { text: String(each.text), number: Number(each.number) }]));
      const without = new Set(found.without.map(String));
      Object.assign(this, { sets, without });
    } catch {
      // an address from elsewhere; nothing is changed then
    }
  }

  /** Have them in the address of this page, so that a page loaded again has them still, and in the links to the other pages. */
  keep(query = location.search) {
    history.replaceState(null, "", `${location.pathname}${query}${this.hash}`);
    carry(this.hash);
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

// An address with other changes, typed or gone back to, is another page.
addEventListener("popstate", () => location.reload());
