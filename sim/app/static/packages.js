// A package built by hand. Each change is asked about at once; what it lacks comes a moment later.

import { ask, faults, file, fill, make, translate, table, tell } from "./app.js";
import { Changes, blamed, tellChanges } from "./changes.js";

const at = (id) => document.getElementById(id);
const address = new URLSearchParams(location.search);
const changes = Changes.here();
const about = { file, ...changes.wish }; // what every question is about
const page = "packages";
const LONG = 36; // characters that fit a box
const runs = Number(at("page").dataset.runs);

let laid = null; // the file
let chosen = {}; // option by issue
let filed = [];
let shown = null; // what was answered last
let newest = 0; // number of the last thing the reader asked for; what follows from an older one is not asked any more

const worth = (value, sign = false) => (value === null || value === undefined ? translate("packages.dash") : `${sign && value >= 0 ? "+" : ""}${unsigned(value.toFixed(2))}`);
const unsigned = (text) => (Number(text) === 0 ? text.replace("-", "") : text);
const percent = (share) => {
  if (share === null || Number.isNaN(share)) return translate("packages.dash");
  if (share > 0 && share < 0.001) return translate("packages.tiny");
  if (share < 1 && share > 0.999) return translate("packages.nearly");
  const close = (share > 0 && share < 0.01) || (share < 1 && share >= 0.995);
  return `${(100 * share).toFixed(close ? 1 : 0)} %`;
};
const interval = (of) => `${percent(of.interval[0])} to ${percent(of.interval[1])}`;
const share = (of) => `${percent(of.share)} (${interval(of)})`;
const label = (party) => laid.parties[party];
const issue = (name) => laid.issues[name].label;
const option = (name, which) => laid.issues[name].options[which];
/** Heads of a table; `{parties}` among them stands for a column each, whatever is in their labels. */
const heads = (key) => translate(key, { parties: "{parties}" }).split("|").flatMap((head) => head === "{parties}" ? Object.values(laid.parties) : head);
const either = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

async function begin() {
  tell(translate("packages.loading"));
  try {
    laid = await ask(`/${page}/laid`, about);
  } catch (error) {
    return refused(error);
  }
  at("scenario").textContent = laid.title;
  at("page").hidden = false;
  fill(at("starts"), ...starts());
  const given = (address.get("package") ?? "").split("/");
  const names = Object.keys(laid.issues);
  chosen = Object.fromEntries(names.map((name, place) => [name, laid.issues[name].options[given[place]] ? given[place] : Object.keys(laid.issues[name].options)[0]]));
  selects();
  rankTexts();
  if (!address.has("package") && laid.nash.length) return take(laid.nash.at(-1).package);
  await look(null);
}

function refused(error) {
  if (error.name === "AbortError" || error.status === 409) return;
  fill(at("problem"), blamed(error), faults(error));
  tell(error.message);
}

// The form

function starts() {
  const button = (words, act, id = null) => make("button", { type: "button", onclick: act, id }, words);
  const reading = { "lines off": "packages.lines_off", "all lines real": "packages.all_lines_real" };
  return [
    button(translate("packages.frequent", { n: runs }), fromFrequent, "frequent"),
    ...laid.nash.map((each) => button(translate("packages.nash", { reading: translate(reading[each.reading]) }), () => take(each.package, translate("packages.nash_note", { over: either(laid.over) })))),
    ...Object.entries(laid.proposals).map(([name, each]) => button(each.label, () => fromProposal(each), `proposal-${name}`)),
  ];
}

async function fromFrequent() {
  newest += 1;
  tell(translate("packages.frequent_loading", { n: runs }));
  try {
    const found = await ask(`/${page}/frequent`, about);
    if (found.package === null) {
      fill(at("started"), translate("packages.never_signed", { n: found.n }));
      tell(translate("packages.never_signed", { n: found.n }));
      return;
    }
    take(found.package, translate("packages.frequent_found", { count: found.count, n: found.n, interval: interval(found) }));
  } catch (error) {
    refused(error);
  }
}

/** The first texts of all, beside the one that is built: asked for once, in a line of its own. */
async function rankTexts() {
  fill(at("ranking"), make("p", {}, translate("packages.ranked_loading")));
  try {
    const found = await ask(`/${page}/ranking`, about, undefined, "ranking");
    const rows = found.texts.map((each) => ({ cells: [each.label, each.rank.toLocaleString("en"), ...each.shares.map(percent)], take: each.package, words: each.label }));
    const columns = [...heads("packages.ranked_heads"), ...found.marks];
    const values = { all: found.packages.toLocaleString("en"), n: found.n, by: found.by };
    fill(at("ranking"), found.none ? make("p", {}, translate("packages.ranked_none", values)) : null,
      choices(translate("packages.ranked"), columns, rows, columns.map((_, k) => k).slice(1)), make("p", { class: "note" }, translate("packages.ranked_note", values)));
  } catch (error) {
    if (error.name !== "AbortError") fill(at("ranking"), make("p", {}, error.message));
  }
}

async function fromProposal(each) {
  newest += 1;
  const settled = Object.keys(each.package).length, all = Object.keys(laid.issues).length;
  try {
    const found = settled === all ? { package: each.package } : await ask(`/${page}/complete`, { ...about, package: chosen, text: each.package });
    take(found.package, settled === all ? "" : translate("packages.open", { settled, all }));
  } catch (error) {
    refused(error);
  }
}

/** Have a package in the form and look at it. */
function take(options, words = "") {
  chosen = { ...options };
  for (const [name, which] of Object.entries(chosen)) at(`issue-${name}`).value = which;
  fill(at("started"), words);
  return look(null);
}

function selects() {
  fill(at("options"), ...Object.entries(laid.issues).map(([name, each]) => {
    const select = make("select", { id: `issue-${name}`, onchange: () => { chosen[name] = at(`issue-${name}`).value; look(name); } },
      ...Object.entries(each.options).map(([which, words]) => make("option", { value: which }, words)));
    select.value = chosen[name];
    return make("div", { class: "issue" }, make("label", { for: `issue-${name}` }, each.label), select, make("p", { class: "note", id: `full-${name}`, "aria-hidden": "true" }));
  }));
}

/** Long options do not fit their box; the one chosen stands below it in full. */
function inFull() {
  for (const [name, which] of Object.entries(chosen)) fill(at(`full-${name}`), option(name, which).length > LONG ? option(name, which) : "");
}

/** Say beside each option which rules it would contradict, the others as they are. */
function mark(goesWith) {
  for (const [name, each] of Object.entries(laid.issues)) {
    for (const entry of at(`issue-${name}`).options) {
      const rules = goesWith[name][entry.value], words = each.options[entry.value];
      entry.textContent = rules.length && entry.value !== chosen[name] ? translate("packages.contradicts", { option: words, rules: rules.join(", ") }) : words;
    }
  }
}

async function look(kept) {
  const mine = (newest += 1);
  address.set("file", file);
  address.set("package", Object.values(chosen).join("/"));
  changes.keep(`?${address.toString().replaceAll("%2F", "/")}`);
  inFull();
  tell(translate("packages.loading"));
  const current = chosen;
  try {
    const answer = await ask(`/${page}/look`, { ...about, package: chosen, kept });
    if (mine !== newest) return;
    shown = answer;
    fill(at("problem"));
    mark(answer.goes_with);
    contradiction(answer);
    at("looked").hidden = answer.broken.length > 0;
    if (answer.broken.length) return await besideFiled();
    fill(at("verdict"), ...verdict(answer));
    fill(at("lines"), ...lines(answer));
    fill(at("home"), ...home(answer));
    fill(at("hold"), ...hold(answer));
    fill(at("around"), ...around(answer));
    fill(at("lacks"), make("p", {}, translate("packages.lacks_loading")));
    beside();
    tell(`${agreed(answer)} ${agreedIn(answer)}`);
    const lacking = await ask(`/${page}/lacks`, { ...about, package: current });
    if (mine !== newest) return;
    fill(at("lacks"), ...lacks(lacking));
    await besideFiled();
  } catch (error) {
    refused(error);
  }
}

async function besideFiled() {
  beside();
  if (!filed.length && Object.keys(laid.proposals).length) filed = await ask(`/${page}/filed`, about);
  beside();
}

// Rules that it breaks, and what would mend it

function contradiction(answer) {
  at("contradiction").hidden = !answer.broken.length;
  if (!answer.broken.length) return fill(at("contradiction"));
  const items = answer.broken.map((id) => make("li", {}, translate(answer.rules[id].because ? "packages.rule_because" : "packages.rule", answer.rules[id])));
  const mend = answer.repairs.map((each) => make("li", {}, make("button", { type: "button", onclick: () => take(each.package) },
    each.changes.map(([name, , after]) => translate("packages.repair_change", { issue: issue(name), after: option(name, after) })).join("; "))));
  fill(at("contradiction"), make("h2", {}, translate("packages.contradiction")), make("ul", {}, ...items), make("p", {}, translate("packages.repair")), make("ul", { class: "plain" }, ...mend));
  tell(`${translate("packages.contradiction")}. ${items.map((each) => each.textContent).join(" ")}`);
}

function agreed(answer) {
  const against = answer.signatories.filter((each) => each.signs && !each.would_sign).map((each) => label(each.party));
  if (answer.agreed) return translate(against.length ? "packages.agreed_quota" : "packages.agreed");
  return translate("packages.not_agreed", { who: either(against) || translate("packages.none") });
}

function agreedIn(answer) {
  return translate("packages.agreed_in", { who: laid.who_signs, share: percent(answer.agreed_in.share), n: answer.n, interval: interval(answer.agreed_in) });
}

function verdict(answer) {
  const ahead = answer.signatories.some((each) => Math.abs(each.foreseen - each.worth) > 1e-9);
  const all = heads("packages.signing_heads");
  const columns = all.filter((_, place) => ahead || place !== 5);
  const rows = answer.signatories.map((each) => {
    const would = each.signs ? (each.would_sign ? "signs" : "refuses") : "not_asked";
    const cells = [label(each.party), translate(`packages.${would}`), worth(each.worth), worth(each.no_deal), worth(each.margin, true), worth(each.foreseen),
      each.signs ? share(each.signs_in) : translate("packages.dash"), share(each.enough), `${worth(each.margins[0], true)} to ${worth(each.margins[2], true)}`];
    return cells.filter((_, place) => ahead || place !== 5);
  });
  const figures = columns.map((_, place) => place).slice(2);
  return [make("p", { class: answer.agreed ? "would" : "would-not" }, agreed(answer)), make("p", {}, agreedIn(answer)),
    table(translate("packages.verdict"), columns, rows, figures), make("p", { class: "note" }, translate("packages.signing_note"))];
}

function lines(answer) {
  const crossed = answer.signatories.flatMap((each) => each.lines);
  if (!crossed.length) return [make("p", {}, translate("packages.no_lines"))];
  const rows = crossed.map((line) => [line.line, line.words, line.hardness.toFixed(2), percent(line.mean), translate(line.counts ? "packages.yes" : "packages.no")]);
  return [table(translate("packages.lines"), heads("packages.lines_heads"), rows, [2, 3]), make("p", { class: "note" }, translate("packages.lines_note"))];
}

function lacks(found) {
  if (!found.length) return [make("p", {}, translate("packages.lacks_nothing"))];
  return found.flatMap((each) => {
    const items = each.lines.length ? [make("p", {}, translate("packages.lacks_lines", { party: label(each.party), lines: either(each.lines.map((line) => line.split(".")[1])) }))] : [];
    if (each.missing > 0) {
      const key = each.turns.length ? "packages.lacks_worth" : "packages.lacks_worth_none";
      items.push(make("p", {}, translate(key, { party: label(each.party), missing: each.missing < 0.01 ? each.missing.toPrecision(1) : worth(each.missing) })));
      if (each.turns.length) items.push(make("ul", {}, ...each.turns.map((text) => make("li", {}, text))));
    }
    return items;
  });
}

function home(answer) {
  if (!answer.at_home.length) return [make("p", {}, translate("packages.home_none"))];
  const yes = { yes: "packages.yes", no: "packages.no", barred: "packages.barred" };
  const rows = answer.at_home.map((each) => [laid.bodies[each.ratifier] ?? each.ratifier, translate(yes[each.asked]), ...[each.share, each.needed, each.chance, each.mean_chance].map((value) => percent(value))]);
  const [independent, shared] = answer.together.map((value) => percent(value));
  return [table(translate("packages.home"), heads("packages.home_heads"), rows, [2, 3, 4, 5]),
    make("p", {}, translate("packages.together", { independent, shared, share: percent(answer.passes.share), n: answer.n, interval: interval(answer.passes) }))];
}

function hold(answer) {
  const after = answer.afterwards;
  if (after === null) return [make("p", {}, translate("packages.hold_none"))];
  const parts = [];
  if (after.central.survival_12 !== null) parts.push(make("p", {}, translate("packages.hold_central", { share_12: percent(after.central.survival_12), share_60: percent(after.central.survival_60) })),
    make("p", {}, translate("packages.hold_draws", { n: answer.n, held_12: percent(after.held_12.share), interval_12: interval(after.held_12), held_60: percent(after.held_60.share), interval_60: interval(after.held_60) })));
  const tests = [["test_absent", after.central.guarantor_absent, after.absent, after.central.credibility_promised], ["test_power", after.central.fails_power, after.fails_power, after.central.power_shift],
    ["test_pull_back", after.central.fails_pull_back, after.fails_pull_back, after.central.steps_there]];
  const rows = tests.filter(([, , , there]) => there !== null).map(([name, fails, of]) => [translate(`packages.${name}`), translate(fails ? "packages.fails_test" : "packages.passes_test"), share(of)]);
  if (rows.length) parts.push(table(translate("packages.hold"), heads("packages.tests_heads"), rows, [2]));
  return parts;
}

function changed(list) {
  return list.map(([name, before, after]) => translate("packages.change", { issue: issue(name), before: option(name, before), after: option(name, after) })).join("; ");
}

/** A table whose last cell is a button that takes the package of its row. */
function choices(caption, columns, rows, figures) {
  const made = table(caption, columns, rows.map((row) => row.cells), figures);
  made.querySelectorAll("tbody tr").forEach((row, place) => {
    const cell = make("td", {});
    const { take: options, words } = rows[place];
    if (options) cell.append(make("button", { type: "button", "aria-label": translate("packages.take_label", { change: words }), onclick: () => { take(options); at("build-title").scrollIntoView(); } }, translate("packages.take")));
    row.append(cell);
  });
  made.querySelector("thead tr").append(make("td", {}));
  return made;
}

function around(answer) {
  const { place } = answer, over = either(laid.over), names = Object.keys(laid.parties), all = Object.keys(laid.issues).length;
  const parts = [make("p", {}, translate(place.dominated_by ? "packages.place_off" : "packages.place_on", { over, count: place.dominated_by.toLocaleString("en"), all: laid.consistent.toLocaleString("en"), zone: place.of_zone.toLocaleString("en") }))];
  if (place.least_gain >= 0.005) parts.push(make("p", {}, translate("packages.place_gain", { gain: worth(place.least_gain) })));
  parts.push(make("h3", {}, translate("packages.neighbours")));
  if (answer.neighbours.length) {
    const rows = answer.neighbours.map((each) => {
      const words = changed([[each.issue, each.before, each.after]]);
      const gain = (name) => (each.signs[name] ? worth(each.gains[name], true) : `(${worth(each.gains[name], true)})`);
      return { cells: [words, ...names.map(gain), translate(each.all_gain ? "packages.yes" : "packages.no")], take: each.package, words };
    });
    parts.push(choices(translate("packages.neighbours"), heads("packages.neighbours_heads"), rows, names.map((_, k) => k + 1)),
      make("p", { class: "note" }, translate("packages.neighbours_note")));
  } else parts.push(make("p", {}, translate("packages.neighbours_none")));
  const near = answer.nearest.map((each) => {
    const words = changed(each.changes);
    const away = each.package === null ? translate("packages.nearest_none") : each.away === 0 ? translate("packages.nearest_same") : translate("packages.nearest_away", { away: each.away, all, as_near: each.as_near });
    return { cells: [translate(`packages.reading_${each.reading}`), each.zone.toLocaleString("en"), away, words], take: each.away ? each.package : null, words };
  });
  parts.push(make("h3", {}, translate("packages.nearest")), choices(translate("packages.nearest"), heads("packages.nearest_heads").slice(0, 4), near, [1]));
  return parts;
}

/** The proposals on file, and the package above them. */
function beside() {
  if (!Object.keys(laid.proposals).length) return fill(at("filed"), make("p", {}, translate("packages.filed_none")));
  const names = Object.keys(laid.parties), rows = [];
  if (shown && !shown.broken.length) {
    const by = Object.fromEntries(shown.signatories.map((each) => [each.party, each]));
    const margin = (name) => (by[name].signs ? worth(by[name].margin, true) : `(${worth(by[name].margin, true)})`);
    rows.push([translate("packages.this"), ...names.map(margin), shown.signatories.flatMap((each) => each.lines.map((line) => line.line)).join(", ") || translate("packages.dash"), share(shown.agreed_in),
      shown.together ? percent(shown.together[0]) : translate("packages.dash"), shown.afterwards ? percent(shown.afterwards.central.survival_60) : translate("packages.dash")]);
  }
  for (const each of filed) {
    const margin = (name) => {
      const own = each.parties[name], low = worth(own.margin_least, true), high = worth(own.margin_most, true), text = low === high ? low : `${low} to ${high}`;
      return own.signs === "no" ? `(${text})` : text;
    };
    const crossed = names.flatMap((name) => [...each.parties[name].lines_crossed.map((line) => `${name}.${line}`), ...each.parties[name].lines_at_stake.map((line) => `(${name}.${line})`)]);
    const whole = each.whole ?? { agreed_in: null, chance: null, held_60: null };
    rows.push([each.completions === 1 ? each.label : translate("packages.ways", { label: each.label, count: each.completions.toLocaleString("en") }), ...names.map(margin), crossed.join(", ") || translate("packages.dash"),
      whole.agreed_in ? share(whole.agreed_in) : translate("packages.dash"), percent(whole.chance), percent(whole.held_60)]);
  }
  const figures = [...names.map((_, k) => k + 1), names.length + 2, names.length + 3, names.length + 4];
  fill(at("filed"), rows.length ? table(translate("packages.filed"), heads("packages.filed_heads"), rows, figures) : null, make("p", { class: "note" }, translate("packages.filed_note")));
}

tellChanges(changes);
await begin();
