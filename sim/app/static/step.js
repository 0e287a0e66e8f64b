// One negotiation, round by round. All rounds come at once; going through them asks nothing more of the server.

import { ask, faults, file, fill, make, translate, table, tell } from "./app.js";
import { Changes, blamed, tellChanges } from "./changes.js";
import { lineChart, sample } from "./chart.js";

const at = (id) => document.getElementById(id);
const address = new URLSearchParams(location.search);
const changes = Changes.here();
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const worth = (value) => (value === null || value === undefined ? translate("step.dash") : value.toFixed(2));

let reply = null; // the negotiation shown
let draw = 0;
let round = 1;
let timer = null;

const party = (name) => reply.parties.find((each) => each.name === name);
const label = (name) => party(name).label;
const last = () => reply.rounds.length;
const signedIn = () => reply.story.round;

// Asking

async function load(wantedRound) {
  pause();
  tell(translate("step.playing"));
  try {
    reply = await ask("/step/story", { file, ...changes.wish, draw });
  } catch (error) {
    return refused(error);
  }
  fill(at("problem"));
  at("scenario").textContent = reply.story.title;
  at("draw").value = draw;
  at("round").max = last();
  at("shown").hidden = false;
  at("agreement").disabled = signedIn() === null;
  at("agreement").textContent = translate(signedIn() === null ? "step.no_agreement" : "step.to_agreement");
  fill(at("start"), ...atStart());
  go(wantedRound);
}

function refused(error) {
  if (error.name === "AbortError" || error.status === 409) return;
  at("shown").hidden = true;
  fill(at("problem"), blamed(error), faults(error));
  tell(error.message);
}

at("choose").addEventListener("submit", (event) => {
  event.preventDefault();
  draw = Number(at("draw").value);
  load(1);
});

at("find").addEventListener("submit", async (event) => {
  event.preventDefault();
  pause();
  const start = draw + 1;
  tell(translate("step.loading", { start }));
  try {
    const found = await ask("/step/next", { file, ...changes.wish, start, wanted: at("wanted").value });
    if (found.draw === null) {
      draw = found.last;
      at("draw").value = draw;
      tell(translate("step.not_found", { start, last: found.last }));
      fill(at("problem"), make("p", {}, translate("step.not_found", { start, last: found.last })));
      return;
    }
    draw = found.draw;
    await load(1);
  } catch (error) {
    refused(error);
  }
});

// Going through the rounds

function go(to, aloud = true) {
  round = Math.min(Math.max(1, to), last());
  at("round").value = round;
  const now = reply.rounds[round - 1];
  const where = translate("step.round_of", { round, last: last(), most: reply.most_rounds });
  at("where").textContent = where;
  at("round").setAttribute("aria-valuetext", now.heading);
  for (const id of ["first", "back"]) dim(at(id), round === 1);
  for (const id of ["on", "last"]) dim(at(id), round === last());
  dim(at("play"), round === last());
  at("what").textContent = round === last()
    ? translate("step.draw_and_outcome", { draw, seed: reply.story.seed, outcome: reply.outcome })
    : translate("step.outcome_hidden", { draw, seed: reply.story.seed });
  show(now);
  address.set("file", file);
  address.set("draw", draw);
  address.set("round", round);
  changes.keep(`?${address}`);
  if (aloud) tell(aloudWords(now));
}

/** A button that does nothing now keeps the focus, so that the keyboard does not lose its place. */
function dim(button, is) {
  button.setAttribute("aria-disabled", is);
}

function aloudWords(now) {
  const moves = now.turns.map((turn) => translate(`step.did_${turn.did}`, { party: label(turn.party) }));
  const what = [...now.news, ...(moves.length ? [`${moves.join("; ")}.`] : []), ...(now.silence ? [sentence(now.silence)] : []),
    ...(now.signed ? [translate("step.signed_here"), ...now.home] : []), ...(round === last() ? [translate("step.ended"), reply.outcome] : [])];
  return translate("step.announced", { heading: now.heading, what: what.join(" ") || translate("step.nobody_spoke") });
}

function play() {
  if (round === last()) return;
  at("play").textContent = translate("step.pause");
  at("play").setAttribute("aria-pressed", "true");
  const next = () => {
    go(round + 1);
    timer = round < last() ? setTimeout(next, Number(at("speed").value)) : null;
    if (timer === null) pause();
  };
  timer = setTimeout(next, Number(at("speed").value));
}

function pause() {
  clearTimeout(timer);
  timer = null;
  at("play").textContent = translate("step.play");
  at("play").setAttribute("aria-pressed", "false");
}

function by(to) {
  pause();
  go(to);
}

const doing = {
  first: () => by(1),
  back: () => by(round - 1),
  on: () => by(round + 1),
  play: () => (timer === null ? play() : pause()),
  agreement: () => by(signedIn() ?? round),
  last: () => by(last()),
};
for (const [id, act] of Object.entries(doing)) {
  at(id).addEventListener("click", () => at(id).getAttribute("aria-disabled") !== "true" && act());
}
at("round").addEventListener("input", () => by(Number(at("round").value)));

document.addEventListener("keydown", (event) => {
  if (reply === null || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input, select, textarea, summary, .scroll") || (event.key === " " && event.target.closest("button, a"))) return;
  const act = { " ": doing.play, ArrowRight: doing.on, ArrowLeft: doing.back, Home: doing.first, End: doing.last }[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});

// What is shown

function atStart() {
  const first = reply.rounds[0];
  const rows = reply.parties.map((each) => [each.label, worth(first.no_deal[each.name]), worth(each.best),
    each.real_lines.map((line) => translate("step.never", { line: line.line.split(".")[1], words: line.words })).join("; ") || translate("step.no_lines")]);
  const others = reply.parties.flatMap((each) => each.other_lines.map((line) => line.line));
  return [table(translate("step.at_start"), translate("step.at_start_heads").split("|"), rows, [1, 2]),
    others.length ? make("p", { class: "note" }, translate("step.not_real", { lines: others.join(", ") })) : null];
}

function show(now) {
  at("happens-title").textContent = now.heading;
  fill(at("turns"), ...happens(now));
  fill(at("texts"), worths(now));
  fill(at("chart"), ...aspirations());
  fill(at("package"), ...onTheTable());
  fill(at("war"), ...war(now));
  at("around").hidden = !at("war").childNodes.length;
  at("ending").hidden = round !== last();
  fill(at("end"), ...(round === last() ? ending() : []));
}

function happens(now) {
  const news = now.news.map((text) => make("p", { class: "news" }, text));
  const turns = now.turns.map((turn) => make("li", { style: `--party: ${party(turn.party).colour}`, class: `turn did-${turn.did}` }, make("p", {}, turn.said),
    turn.changed.length ? make("ul", {}, ...turn.changed.map((text) => make("li", {}, text))) : null));
  const parts = [...news, now.silence ? make("p", {}, sentence(now.silence)) : null, turns.length ? make("ol", { class: "turns" }, ...turns) : null];
  if (now.signed) parts.push(make("p", { class: "signed" }, translate("step.signed_here")),
    ...(now.home.length ? [make("p", {}, translate("step.goes_home")), make("ul", {}, ...now.home.map((text) => make("li", {}, text)))] : []));
  if (!news.length && !turns.length && !now.silence) parts.push(make("p", {}, translate("step.nobody_spoke")));
  return parts;
}

const sentence = (text) => translate("step.silent", { why: text[0].toUpperCase() + text.slice(1) });

/** A row for no deal, one for what is asked, one for each text put on the table in this round; a column a party. */
function worths(now) {
  const heads = [translate("step.worth_of"), ...reply.parties.map((each) => each.label), translate("step.crosses")];
  const row = (words, values, crosses) => [words, ...reply.parties.map((each) => values(each.name)), crosses];
  const rows = [row(translate("step.no_deal"), (name) => worth(now.no_deal[name]), ""), row(translate("step.asks_for"), (name) => worth(now.asks_for[name]), "")];
  let owner = null, before = null;
  for (const turn of now.turns) {
    const text = turn.text;
    if (text === null) continue;
    const offers = ["offers", "refuses", "drafts"].includes(turn.did);
    if (!offers && before !== null) continue; // the same text as the row before
    owner = offers ? turn.party : standing(round - 1).from;
    if (owner === null) continue;
    rows.push(row(translate("step.text_of", { party: label(owner) }), (name) => {
      if (!text.signs.includes(name)) return translate("step.unsigned", { worth: worth(text.worth[name]) });
      return text.worth[name] < now.no_deal[name] - 1e-9 ? translate("step.below", { worth: worth(text.worth[name]) }) : worth(text.worth[name]);
    }, text.crosses.join(", ")));
    before = text;
  }
  return table(translate("step.texts"), heads, rows, reply.parties.map((each, place) => place + 1));
}

/** The text on the table at the end of a round, and who put it there. */
function standing(upTo) {
  let found = { text: null, from: null };
  for (let k = 1; k <= upTo; k++) {
    if (k > 1 && reply.rounds[k - 2].signed) found = { text: null, from: null };
    reply.story.rounds[k - 1].moves.forEach((move, place) => {
      if (reply.rounds[k - 1].turns[place].text === null) found = { text: null, from: null };
      else if (move.offer !== null) found = { text: move.offer, from: move.party };
    });
  }
  return found;
}

function onTheTable() {
  const now = standing(round), before = standing(round - 1);
  if (now.text === null) return [make("p", {}, translate("step.nothing_on_table"))];
  const rows = Object.entries(now.text).map(([issue, option]) => {
    const old = before.text && before.text[issue] !== option ? reply.issues[issue].options[before.text[issue]] : null;
    return [reply.issues[issue].label, reply.issues[issue].options[option], old === null ? "" : translate("step.was", { old })];
  });
  const some = rows.some((row) => row[2]);
  return [make("p", {}, translate("step.table_from", { party: label(now.from) })),
    table(translate("step.table_text"), [translate("step.issue"), translate("step.option"), ...(some ? [translate("step.changed")] : [])], some ? rows : rows.map((row) => row.slice(0, 2)))];
}

function aspirations() {
  const seen = reply.rounds.slice(0, round);
  const values = seen.flatMap((each) => [...Object.values(each.asks_for), ...Object.values(each.no_deal)]).filter((each) => each !== null);
  const high = Math.max(1, ...values), low = Math.min(0, ...values);
  const lines = reply.parties.flatMap((each) => [
    { points: seen.map((then, k) => [k + 1, then.no_deal[each.name]]), colour: each.colour, dash: "1.5 3", thin: true },
    { points: seen.map((then, k) => [k + 1, then.asks_for[each.name]]), colour: each.colour, dash: each.dash, dot: true },
  ]);
  const caption = translate("step.chart", { round });
  const width = Math.max(280, Math.min(760, at("chart").clientWidth || 640));
  const picture = lineChart({ description: caption, width, height: 260, x: [1, Math.max(2, last())], y: [low, high], lines, xLabel: translate("step.chart_round"), yFormat: (value) => value.toFixed(1) });
  const legend = make("ul", { class: "legend" }, ...reply.parties.map((each) => make("li", {}, sample(each.colour, each.dash), each.label)));
  const heads = [translate("step.chart_round"), ...reply.parties.flatMap((each) => [`${each.label}: ${translate("step.asks_for")}`, `${each.label}: ${translate("step.no_deal")}`])];
  const rows = seen.map((then, k) => [String(k + 1), ...reply.parties.flatMap((each) => [worth(then.asks_for[each.name]), worth(then.no_deal[each.name])])]);
  const open = at("chart").querySelector("details")?.open || false;
  return [make("figure", {}, make("div", { class: "picture" }, picture, legend), make("figcaption", { class: "note" }, caption)),
    make("details", { open }, make("summary", {}, translate("step.chart_numbers")), table(caption, heads, rows, heads.map((_, k) => k)))];
}

function war(now) {
  const parts = [];
  if (reply.front) parts.push(make("p", {}, translate("step.front", { front: whole.format(now.front), unit: reply.front.unit })));
  const end = reply.rounds.at(-1).harm;
  const struck = reply.parties.filter((each) => end[each.name] && Object.values(end[each.name]).some((value) => value !== 0));
  if (struck.length && reply.outages) {
    const heads = [...translate("step.harm_heads").split("|"), ...(reply.money ? [translate("step.money_head", { unit: reply.money })] : [])];
    const rows = struck.map((each) => {
      const harm = now.harm[each.name];
      return [each.label, ...[harm.dark, harm.household_weeks, harm.waves, harm.hits, ...(reply.money ? [harm.money] : [])].map((value) => whole.format(value))];
    });
    parts.push(table(translate("step.harm"), heads, rows, heads.map((_, k) => k).slice(1)), make("p", { class: "note" }, translate("step.harm_note")));
  } else if (struck.length && reply.money) {
    parts.push(table(translate("step.harm"), [translate("step.harm_heads").split("|")[0], translate("step.money_head", { unit: reply.money })], struck.map((each) => [each.label, whole.format(now.harm[each.name].money)]), [1]));
  }
  if (reply.levers.length) parts.push(table(translate("step.levers"), translate("step.lever_heads").split("|"), reply.levers.map((name) => [name, worth(now.strength[name])]), [1]));
  if (reply.claims.rows.length) parts.push(make("details", { open: at("war").querySelector("details")?.open || false }, make("summary", {}, translate("step.claims")),
    table(translate("step.claims"), translate("step.claims_heads").split("|"), reply.claims.rows), make("p", { class: "note" }, translate("step.claims_note", { about: reply.claims.about }))));
  return parts;
}

function ending() {
  const parts = [make("p", { class: "outcome" }, `${reply.outcome}.`), ...reply.end.map((text) => make("p", {}, text))];
  if (reply.story.package) {
    const rows = reply.story.parties.map((seat) => [label(seat.party), translate(seat.signs ? "step.yes" : "step.no"), worth(seat.utility), worth(seat.no_deal), `${seat.margin >= 0 ? "+" : ""}${worth(seat.margin)}`]);
    parts.push(table(translate("step.seats"), translate("step.seats_heads").split("|"), rows, [2, 3, 4]));
  }
  if (reply.holding) parts.push(...holding());
  return parts;
}

function holding() {
  const { share, credibility, danger } = reply.holding, broke = reply.story.break_month;
  const points = share.map((value, month) => [month, value]);
  const width = Math.max(280, Math.min(760, at("chart").clientWidth || 640));
  const picture = lineChart({ description: translate("step.holding_chart"), width, height: 220, x: [0, share.length - 1], y: [0, 1], lines: [{ points, colour: "#0072B2" }],
    xLabel: translate("step.holding_heads").split("|")[0], yFormat: (value) => value.toFixed(1), mark: broke !== null && broke < share.length ? broke : null });
  const rows = share.map((value, month) => [String(month), value.toFixed(3), worth(credibility[Math.floor(month / 12)]), worth(danger[Math.floor(month / 12)])]);
  const caption = broke === null ? translate("step.holding_chart") : `${translate("step.holding_chart")}; ${translate("step.holding_break", { month: broke.toFixed(1) })}`;
  return [make("h3", {}, translate("step.holding")), make("figure", {}, make("div", { class: "picture" }, picture), make("figcaption", { class: "note" }, caption)),
    make("details", {}, make("summary", {}, translate("step.chart_numbers")), table(translate("step.holding"), translate("step.holding_heads").split("|"), rows, [0, 1, 2, 3]))];
}

let resized = null;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(() => reply && go(round, false), 200);
});

tellChanges(changes);
const number = (name, otherwise) => (/^\d{1,9}$/.test(address.get(name) ?? "") ? Number(address.get(name)) : otherwise);
draw = number("draw", 0);
await load(number("round", 1));
