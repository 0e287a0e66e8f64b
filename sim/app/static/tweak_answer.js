// What comes of the runs, as tables. A bar beside a share is a picture of it for the eye alone.

import { fill, make, say, table } from "./app.js";

function bar(share, old = false) {
  const inner = make("i");
  inner.style.width = `${(100 * share).toFixed(1)}%`;
  return make("span", { class: old ? "bar old" : "bar", "aria-hidden": "true" }, inner);
}

function cells(each, changed) {
  const share = make("span", {}, each.text, bar(each.share));
  return changed ? [share, each.before, make("span", { class: each.clear ? "points clear" : "points" }, each.difference)] : [share];
}

function heads(first, changed) {
  return [...first, say("tweak.share"), ...(changed ? [say("tweak.before"), say("tweak.difference")] : [])];
}

export function summary(told) {
  const signed = told.stages.find((stage) => stage.name === "signed");
  const values = { text: signed.text, n: told.n.toLocaleString("en"), difference: signed.difference };
  return {
    line: say(told.changed ? "tweak.summary_changed" : "tweak.summary", values),
    aloud: say(told.changed ? "tweak.told_changed" : "tweak.told", values),
  };
}

/** Put an answer into an element. */
export function show(element, told) {
  const stages = told.stages.map((each) => [each.label, ...cells(each, told.changed)]);
  const packages = told.packages.map((each) => [...each.options, ...cells(each, told.changed)]);
  const blockers = told.blockers.map((each) => [each.words.join(say("tweak.or")), ...cells(each, told.changed)]);
  const inputs = told.inputs.map((each) => [each.input, each.before, each.after]);
  const open = element.querySelector("details")?.open ?? false;
  const places = [...element.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
  fill(element,
    table(say("tweak.stages"), heads([say("tweak.stage")], told.changed), stages),
    make("p", { class: "note" }, say("tweak.zone_median", { count: told.zone_median.toLocaleString("en") })),
    packages.length ? table(say("tweak.packages"), heads(told.issues, told.changed), packages) : null,
    make("p", { class: "note" }, packages.length ? say("tweak.packages_all", { count: told.different.toLocaleString("en") }) : say("tweak.packages_none")),
    blockers.length ? table(say("tweak.blockers"), heads([say("tweak.blocker")], told.changed), blockers) : make("p", {}, say("tweak.blockers_none")),
    blockers.length ? make("p", { class: "note" }, say("tweak.blockers_about")) : null,
    told.changed ? make("details", { open }, make("summary", {}, say("tweak.inputs")),
      inputs.length ? table(say("tweak.inputs"), [say("tweak.input"), say("tweak.input_before"), say("tweak.input_after")], inputs) : make("p", {}, say("tweak.inputs_none"))) : null,
    make("p", { class: "note" }, say("tweak.paired")));
  [...element.querySelectorAll(".scroll")].forEach((each, at) => { each.scrollLeft = places[at] ?? 0; });
}
