// The tweak page: changes go to the server, its answer comes back after few runs and is then refined.

import { Refusal, ask, faults, file, fill, look, make, translate, tell } from "./app.js";
import { Changes, Steps } from "./changes.js";
import { pictures, show, strip, summary } from "./tweak_answer.js";
import { Weights, build, find, listed } from "./tweak_controls.js";

const bench = document.getElementById("bench");
const [first, draws] = [Number(bench.dataset.first), Number(bench.dataset.draws)];
const part = Object.fromEntries(["controls", "answer", "pictures", "summary", "progress", "refused", "faults", "saved", "save", "reset-all", "undo", "redo", "pin", "listed", "find", "found"].map((id) => [id, document.getElementById(id)]));
const OFTEN = 2000; // milliseconds between two looks at the file
const SOON = 40; // milliseconds that a moving slider is waited for
const LONG = 1000; // milliseconds of the first answer after which the page says what it waits for
const AT_ONCE = 100; // runs of the first answer of all

let controls = [];
let stamp = "";
let asking = new AbortController();
let waiting = 0;
const changes = Changes.here(changed);
const steps = new Steps(changes, refresh);

function changed() {
  steps.note();
  refresh();
}

/** Show what is set, and play it. */
function refresh() {
  for (const control of controls) control.refresh();
  fill(part.listed, ...listed(changes));
  part["reset-all"].disabled = changes.empty;
  part.undo.disabled = !steps.undoable;
  part.redo.disabled = !steps.redoable;
  part.pin.textContent = translate(changes.pinned ? "tweak.unpin" : "tweak.pin");
  clearTimeout(waiting);
  waiting = setTimeout(play, SOON);
}

/** Ask for few runs, then for twice as many, until all are there or something newer is asked. */
async function play() {
  asking.abort();
  const mine = (asking = new AbortController());
  part.answer.setAttribute("aria-busy", "true");
  try {
    const wish = { file, ...changes.wish, pinned: changes.pinned };
    let reply = await ask("/tweak/answer", { ...wish, n: Math.min(bench.dataset.n ? first : AT_ONCE, draws), soon: true }, mine.signal);
    if (reply.refused) return refuse(reply.refused);
    put(reply);
    tell(summary(reply));
    draw(reply, mine);
    while (reply.n < draws) {
      await visible(reply);
      if (mine.signal.aborted) return undefined;
      const next = reply.n < first ? first : 2 * reply.n;
      reply = await ask("/tweak/answer", { ...wish, n: Math.min(next, draws) }, mine.signal);
      if (reply.refused) return refuse(reply.refused);
      put(reply);
    }
    part.answer.setAttribute("aria-busy", "false");
    tell(summary(reply));
    draw(reply, mine);
  } catch (error) {
    failed(error, mine);
  }
  return undefined;
}

/** Have the pictures drawn of as many runs as the answer is of. */
async function draw(reply, mine) {
  try {
    pictures(part.pictures, await ask("/tweak/pictures", { file, ...changes.wish, n: reply.n }, mine.signal, "pictures"));
  } catch (error) {
    failed(error, mine);
  }
}

function failed(error, mine) {
  if (error.name === "AbortError" || mine.signal.aborted || error.status === 409) return;
  if (!(error instanceof Refusal)) throw error;
  if (error.status === 503) {
    part.progress.textContent = error.message;
    waiting = setTimeout(play, 1000);
  } else if (error.faults.length) broken(error);
  else fill(part.refused, make("p", {}, error.message));
}

function put(reply) {
  blame([]);
  fill(part.refused);
  bench.classList.remove("stale");
  show(part.answer, reply);
  fill(part.summary, ...strip(reply));
  const values = { n: reply.n.toLocaleString("en"), draws: draws.toLocaleString("en"), seed: reply.seed };
  part.progress.textContent = translate(reply.n < draws ? "tweak.refining" : "tweak.done", values);
  bench.dataset.n = reply.n;
  for (const control of controls) if (control instanceof Weights) control.confirm(reply.weights[control.name] || {});
}

/** Until the first answer is there, say how long it has taken, and whether code is being compiled for it. */
async function wait(since = performance.now()) {
  await new Promise((resolve) => setTimeout(resolve, LONG));
  if (bench.dataset.n || part.faults.childNodes.length) return;
  try {
    const count = (await look("/tweak/compiled")).compiled;
    if (bench.dataset.n) return;
    part.progress.textContent = translate(count ? "tweak.compiling" : "tweak.first_runs", { count, seconds: Math.round((performance.now() - since) / 1000) });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  wait(since);
}

/** A tab that nobody looks at refines nothing. */
function visible(reply) {
  if (!document.hidden) return Promise.resolve();
  part.progress.textContent = translate("tweak.paused", { n: reply.n.toLocaleString("en") });
  return new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
}

function refuse(found) {
  bench.classList.add("stale");
  blame(found);
  fill(part.refused, make("p", {}, translate("tweak.refused")), make("ul", { class: "faults" }, ...found.map((each) => make("li", {}, each.message))));
  part.answer.setAttribute("aria-busy", "false");
}

/** Say at each field what is wrong with what is set there; of several faults of one the last, which is of the number itself. */
function blame(found) {
  const by = new Map(found.map((each) => [each.path, each.message]));
  for (const field of changes.fields.values()) field.blame("");
  for (const [path, message] of by) changes.fields.get(path)?.blame(message);
}

/** The file has faults: they are listed, and what was shown stays. */
function broken(error) {
  bench.classList.add("stale");
  fill(part.faults, make("p", {}, translate(controls.length ? "tweak.broken" : "tweak.broken_first")), faults(error));
  if (!controls.length) fill(part.controls);
  part.answer.setAttribute("aria-busy", "false");
}

/** Read what can be changed in the file, and play it. */
async function load() {
  try {
    const reply = await ask("/tweak/controls", { file });
    fill(part.faults);
    bench.classList.remove("stale");
    document.getElementById("headline").textContent = reply.title;
    controls = build(part.controls, reply, changes);
    refresh();
    for (const each of part.controls.querySelectorAll(".group:has(.set)")) each.open = true;
    search();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 409) return;
    broken(error);
  }
}

/** See whether the file has changed on disk. */
async function watch() {
  if (!document.hidden) {
    try {
      const found = (await look(`/tweak/stamp?file=${encodeURIComponent(file)}`)).stamp;
      if (found !== stamp) {
        stamp = found;
        asking.abort();
        await load();
      } else if (part.faults.dataset.gone) {
        delete part.faults.dataset.gone;
        fill(part.faults);
      }
    } catch (error) {
      part.faults.dataset.gone = "yes";
      fill(part.faults, make("p", {}, error.message));
    }
  }
  setTimeout(watch, OFTEN);
}

async function save(event) {
  event.preventDefault();
  const button = part.save.querySelector("button");
  button.disabled = true;
  try {
    const reply = await ask("/tweak/save", { file, ...changes.wish, name: document.getElementById("save-name").value }, undefined, "save");
    fill(part.saved, make("p", {}, translate("tweak.save_done", { file: reply.file })), make("pre", { tabindex: "0" }, reply.command),
      make("details", {}, make("summary", {}, translate("tweak.save_text")), make("pre", { tabindex: "0" }, reply.text)));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    fill(part.saved, faults(error));
  } finally {
    button.disabled = false;
  }
}

function search() {
  const found = find(part.controls, part.find.value);
  part.found.textContent = part.find.value.trim() ? translate("tweak.found", { count: found }) : "";
}

/** Ctrl+Z and Ctrl+Shift+Z (or Ctrl+Y), except where one writes: there they are of the text. */
function key(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.closest?.("input:not([type=range], [type=checkbox]), textarea")) return;
  const name = event.key.toLowerCase();
  if (name !== "z" && name !== "y") return;
  event.preventDefault();
  if (name === "y" || event.shiftKey) steps.redo();
  else steps.undo();
}

addEventListener("keydown", key);
part.undo.addEventListener("click", () => steps.undo());
part.redo.addEventListener("click", () => steps.redo());
part.pin.addEventListener("click", () => changes.pin(!changes.pinned));
part.find.addEventListener("input", search);
part.save?.addEventListener("submit", save);
part["reset-all"].addEventListener("click", () => changes.clear());
document.getElementById("keep").addEventListener("change", () => {
  for (const control of controls.flatMap((each) => each.controls || each.hardness || each)) control.again?.();
});
wait();
await watch();
