// What comes of the runs, as tables. A bar beside a share is a picture of it for the eye alone.

import { fill, make, translate, table } from "./app.js";

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
  return [...first, translate("tweak.share"), ...(changed ? [translate("tweak.before"), translate("tweak.difference")] : [])];
}

/** How far runs get, stage by stage: a zone in any round, signed, in force, holding, as far as the scenario goes. */
export function summary(reply) {
  const by = Object.fromEntries(reply.stages.map((stage) => [stage.name, stage]));
  const stages = { zone: by.zone_ever ?? by.zone_first, signed: by.signed, in_force: by.in_force, held_60: by.held_60 };
  const words = Object.entries(stages).filter(([, each]) => each).map(([name, each]) => {
    const stage = translate(`tweak.stage_${name}`, each);
    return reply.changed ? translate("tweak.stage_changed", { stage, difference: each.difference }) : stage;
  });
  return translate(reply.changed ? "tweak.summary_changed" : "tweak.summary", { n: reply.n.toLocaleString("en"), stages: words.join("; ") });
}

/** Put an answer into an element. */
export function show(element, reply) {
  const stages = reply.stages.map((each) => [each.label, ...cells(each, reply.changed)]);
  const packages = reply.packages.map((each) => [...each.options, ...cells(each, reply.changed)]);
  const blockers = reply.blockers.map((each) => [each.words.join(translate("tweak.or")), ...cells(each, reply.changed)]);
  const inputs = reply.inputs.map((each) => [each.input, each.before, each.after]);
  const open = element.querySelector("details")?.open ?? false;
  const places = [...element.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
  fill(element,
    table(translate("tweak.stages"), heads([translate("tweak.stage")], reply.changed), stages),
    make("p", { class: "note" }, translate("tweak.zone_median", { count: reply.zone_median.toLocaleString("en") })),
    packages.length ? table(translate("tweak.packages"), heads(reply.issues, reply.changed), packages) : null,
    make("p", { class: "note" }, packages.length ? translate("tweak.packages_all", { count: reply.different.toLocaleString("en") }) : translate("tweak.packages_none")),
    blockers.length ? table(translate("tweak.blockers"), heads([translate("tweak.blocker")], reply.changed), blockers) : make("p", {}, translate("tweak.blockers_none")),
    blockers.length ? make("p", { class: "note" }, translate("tweak.blockers_about")) : null,
    reply.changed ? make("details", { open }, make("summary", {}, translate("tweak.inputs")),
      inputs.length ? table(translate("tweak.inputs"), [translate("tweak.input"), translate("tweak.input_before"), translate("tweak.input_after")], inputs) : make("p", {}, translate("tweak.inputs_none"))) : null,
    make("p", { class: "note" }, translate("tweak.paired")));
  [...element.querySelectorAll(".scroll")].forEach((each, at) => { each.scrollLeft = places[at] ?? 0; });
}
