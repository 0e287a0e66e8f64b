// What the scripts of all pages share: words, questions to the server, and making elements. Text goes in as text, never as markup.

const words = JSON.parse(document.getElementById("words").textContent);
const tab = [...crypto.getRandomValues(new Uint32Array(4))].map((each) => each.toString(16)).join("-"); // randomUUID is not there on a shared page
export const file = document.body.dataset.file;

/** The words of a key, with values in place of {names}. */
export function translate(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (found, name) => (name in values ? values[name] : found));
}

/** What the server refused: `faults` of a file, or of what is changed in it, or a sentence. */
export class Refusal extends Error {
  constructor(status, reply) {
    super(reply.message || "");
    this.status = status;
    this.faults = reply.faults || [];
    this.ofChanges = reply.of_changes === true;
  }
}

/** Ask the server for data. A newer question of this tab takes the place of an older one: that one then
 *  throws an AbortError or a Refusal of status 409. A question with a `place` of its own stands in the line beside the others. */
export function ask(path, wish, signal, place = "") {
  return send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Tab": place ? `${tab.slice(0, 20)}-${place}` : tab },
    body: JSON.stringify(wish),
    signal,
  });
}

/** Look at data that is there without being computed. */
export function look(path) {
  return send(path, { headers: { Accept: "application/json" } });
}

async function send(path, how) {
  let answer;
  try {
    answer = await fetch(path, how);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, { message: translate("common.gone") });
  }
  const text = await answer.text();
  let reply;
  try {
    reply = JSON.parse(text);
  } catch {
    throw new Refusal(answer.status, { message: text.slice(0, 500) });
  }
  if (!answer.ok) throw new Refusal(answer.status, reply);
  return reply;
}

/** An element with attributes and children; a child that is no element becomes text. `on...` attributes are handlers. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Put children in the place of all that an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
}

/** Tell a sentence on the page's status line, which a screen reader reads out. */
export function tell(text) {
  const line = document.getElementById("status");
  if (line.textContent !== text) line.textContent = text;
}

/** A share as percent, with as many digits as the number of runs bears. */
export function percent(share, runs) {
  return `${(100 * share).toFixed(runs >= 1000 ? 1 : 0)} %`;
}

/** A table with a caption; cells of the columns in `figures` stand to the right. */
export function table(caption, heads, rows, figures = []) {
  const cell = (tag, text, at, scope) =>
    make(tag, { scope, class: figures.includes(at) ? "figure" : null }, text);
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    make("table", {}, make("caption", {}, caption),
      make("thead", {}, make("tr", {}, ...heads.map((head, at) => cell(head ? "th" : "td", head, at, head ? "col" : null)))),
      make("tbody", {}, ...rows.map((row) =>
        make("tr", {}, ...row.map((text, at) => (at ? cell("td", text, at) : cell("th", text, at, "row"))))))));
}

/** A list of faults, as `check` tells them; of what is changed here without a place, for it stands in no file. */
export function faults(refusal) {
  const describe = (each) => (["--set", "without"].includes(each.file) ? each.message : translate("common.fault", each));
  return refusal.faults.length
    ? make("ul", { class: "faults" }, ...refusal.faults.map((each) => make("li", {}, describe(each))))
    : make("p", {}, refusal.message);
}

/** Have the links to the other pages carry what stands behind the # of an address: what is changed in the file. */
export function carry(hash) {
  for (const link of document.querySelectorAll("nav a[data-page]")) link.hash = hash;
}

// A jump to the text leaves the address alone: behind its # stands what is changed.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});
carry(location.hash);
