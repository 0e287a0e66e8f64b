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

function heads(first, reply) {
  const by = reply.pinned ? "pinned" : "before";
  return [...first, translate(reply.pinned ? "tweak.share_pinned" : "tweak.share"), ...(reply.changed ? [translate(`tweak.${by}`), translate(`tweak.difference_${by}`)] : [])];
}

/** The answer in a sentence, for a screen reader. */
export function summary(reply) {
  const stages = reply.stages.filter((each) => each.short).map((each) => translate(reply.changed ? "tweak.stage_changed" : "tweak.stage_is", each)).join("; ");
  return translate(of(reply), { n: reply.n.toLocaleString("en"), stages });
}

const of = (reply) => (reply.pinned ? "tweak.summary_pinned" : reply.changed ? "tweak.summary_changed" : "tweak.summary");

/** How far runs get in four figures, with their intervals: a zone, signed, in force, holding, as far as the scenario goes. */
export function strip(reply) {
  const figures = reply.stages.filter((each) => each.short).map((each) => {
    const [share, interval] = each.text.split(" (");
    return make("div", {}, make("dt", {}, each.short), make("dd", {}, make("strong", {}, share), interval ? make("span", { class: "note" }, ` (${interval}`) : null, bar(each.share),
      reply.changed ? make("span", { class: each.clear ? "points clear" : "points" }, each.difference) : null));
  });
  const text = translate(of(reply), { n: reply.n.toLocaleString("en"), stages: "" }).replace(/: $/, "");
  return [make("p", { class: "note" }, text), make("dl", {}, ...figures)];
}

/** Put the pictures into an element, drawn as they are in reports; those that are there are exchanged in place. */
export function pictures(element, drawn) {
  drawn.forEach((each, at) => {
    const image = element.children[at]?.querySelector("img") ?? make("img", {});
    Object.assign(image, { src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(each.svg)}`, alt: each.alt });
    if (!image.parentNode) element.append(make("figure", {}, make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": each.title }, image)));
  });
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
    table(translate("tweak.stages"), heads([translate("tweak.stage")], reply), stages),
    make("p", { class: "note" }, translate("tweak.zone_median", { count: reply.zone_median.toLocaleString("en") })),
    packages.length ? table(translate("tweak.packages"), heads(reply.issues, reply), packages) : null,
    make("p", { class: "note" }, packages.length ? translate("tweak.packages_all", { count: reply.different.toLocaleString("en") }) : translate("tweak.packages_none")),
    blockers.length ? table(translate("tweak.blockers"), heads([translate("tweak.blocker")], reply), blockers) : make("p", {}, translate("tweak.blockers_none")),
    blockers.length ? make("p", { class: "note" }, translate("tweak.blockers_about")) : null,
    reply.changed ? make("details", { open }, make("summary", {}, translate("tweak.inputs")),
      inputs.length ? table(translate("tweak.inputs"), [translate("tweak.input"), translate(reply.pinned ? "tweak.pinned" : "tweak.input_before"), translate("tweak.input_after")], inputs) : make("p", {}, translate("tweak.inputs_none"))) : null,
    make("p", { class: "note" }, translate("tweak.paired")));
  [...element.querySelectorAll(".scroll")].forEach((each, at) => { each.scrollLeft = places[at] ?? 0; });
}
