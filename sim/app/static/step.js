// One negotiation, round by round. All rounds come at once; going through them asks nothing more of the server.

import { ask, faults, file, fill, make, say, table, tell } from "./app.js";
import { Changes, blamed, tellChanges } from "./changes.js";
import { lineChart, sample } from "./chart.js";

const at = (id) => document.getElementById(id);
const address = new URLSearchParams(location.search);
const changes = Changes.here();
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const worth = (value) => (value === null || value === undefined ? say("step.dash") : value.toFixed(2));

let told = null; // the negotiation shown
let draw = 0;
let round = 1;
let timer = null;

const party = (name) => told.parties.find((each) => each.name === name);
const label = (name) => party(name).label;
const last = () => told.rounds.length;
const signedIn = () => told.story.round;

// Asking

async function load(wantedRound) {
  pause();
  tell(say("step.playing"));
  try {
    told = await ask("/step/story", { file, ...changes.wish, draw });
  } catch (error) {
    return refused(error);
  }
  fill(at("problem"));
  at("scenario").textContent = told.story.title;
  at("draw").value = draw;
  at("round").max = last();
  at("shown").hidden = false;
  at("agreement").disabled = signedIn() === null;
  at("agreement").textContent = say(signedIn() === null ? "step.no_agreement" : "step.to_agreement");
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
  tell(say("step.looking", { start }));
  try {
    const found = await ask("/step/next", { file, ...changes.wish, start, wanted: at("wanted").value });
    if (found.draw === null) {
      draw = found.last;
      at("draw").value = draw;
      tell(say("step.not_found", { start, last: found.last }));
      fill(at("problem"), make("p", {}, say("step.not_found", { start, last: found.last })));
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
  const now = told.rounds[round - 1];
  const where = say("step.round_of", { round, last: last(), most: told.most_rounds });
  at("where").textContent = where;
  at("round").setAttribute("aria-valuetext", now.heading);
  for (const id of ["first", "back"]) dim(at(id), round === 1);
  for (const id of ["on", "last"]) dim(at(id), round === last());
  dim(at("play"), round === last());
  at("what").textContent = round === last()
    ? say("step.draw_and_outcome", { draw, seed: told.story.seed, outcome: told.outcome })
    : say("step.outcome_hidden", { draw, seed: told.story.seed });
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
  const moves = now.turns.map((turn) => say(`step.did_${turn.did}`, { party: label(turn.party) }));
  const what = [...now.news, ...(moves.length ? [`${moves.join("; ")}.`] : []), ...(now.silence ? [sentence(now.silence)] : []),
    ...(now.signed ? [say("step.signed_here"), ...now.home] : []), ...(round === last() ? [say("step.ended"), told.outcome] : [])];
  return say("step.told", { heading: now.heading, what: what.join(" ") || say("step.nobody_spoke") });
}

function play() {
  if (round === last()) return;
  at("play").textContent = say("step.pause");
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
  at("play").textContent = say("step.play");
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
  if (told === null || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input, select, textarea, summary, .scroll") || (event.key === " " && event.target.closest("button, a"))) return;
  const act = { " ": doing.play, ArrowRight: doing.on, ArrowLeft: doing.back, Home: doing.first, End: doing.last }[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});

// What is shown

function atStart() {
  const first = told.rounds[0];
  const rows = told.parties.map((each) => [each.label, worth(first.no_deal[each.name]), worth(each.best),
    each.real_lines.map((line) => say("step.never", { line: line.line.split(".")[1], words: line.words })).join("; ") || say("step.no_lines")]);
  const others = told.parties.flatMap((each) => each.other_lines.map((line) => line.line));
  return [table(say("step.at_start"), say("step.at_start_heads").split("|"), rows, [1, 2]),
    others.length ? make("p", { class: "note" }, say("step.not_real", { lines: others.join(", ") })) : null];
}

function show(now) {
  at("happens-title").textContent = now.heading;
  fill(at("turns"), ...happens(now));
  fill(at("texts"), worths(now));
  fill(at("chart"), ...asked());
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
  if (now.signed) parts.push(make("p", { class: "signed" }, say("step.signed_here")),
    ...(now.home.length ? [make("p", {}, say("step.goes_home")), make("ul", {}, ...now.home.map((text) => make("li", {}, text)))] : []));
  if (!news.length && !turns.length && !now.silence) parts.push(make("p", {}, say("step.nobody_spoke")));
  return parts;
}

const sentence = (text) => say("step.silent", { why: text[0].toUpperCase() + text.slice(1) });

/** A row for no deal, one for what is asked, one for each text put on the table in this round; a column a party. */
function worths(now) {
  const heads = [say("step.worth_of"), ...told.parties.map((each) => each.label), say("step.crosses")];
  const row = (words, values, crosses) => [words, ...told.parties.map((each) => values(each.name)), crosses];
  const rows = [row(say("step.no_deal"), (name) => worth(now.no_deal[name]), ""), row(say("step.asks_for"), (name) => worth(now.asks_for[name]), "")];
  let owner = null, before = null;
  for (const turn of now.turns) {
    const text = turn.text;
    if (text === null) continue;
    const offers = ["offers", "refuses", "drafts"].includes(turn.did);
    if (!offers && before !== null) continue; // the same text as the row before
    owner = offers ? turn.party : standing(round - 1).from;
    if (owner === null) continue;
    rows.push(row(say("step.text_of", { party: label(owner) }), (name) => {
      if (!text.signs.includes(name)) return say("step.unsigned", { worth: worth(text.worth[name]) });
      return text.worth[name] < now.no_deal[name] - 1e-9 ? say("step.below", { worth: worth(text.worth[name]) }) : worth(text.worth[name]);
    }, text.crosses.join(", ")));
    before = text;
  }
  return table(say("step.texts"), heads, rows, told.parties.map((each, place) => place + 1));
}

/** The text on the table at the end of a round, and who put it there. */
function standing(upTo) {
  let found = { text: null, from: null };
  for (let k = 1; k <= upTo; k++) {
    if (k > 1 && told.rounds[k - 2].signed) found = { text: null, from: null };
    told.story.rounds[k - 1].moves.forEach((move, place) => {
      if (told.rounds[k - 1].turns[place].text === null) found = { text: null, from: null };
      else if (move.offer !== null) found = { text: move.offer, from: move.party };
    });
  }
  return found;
}

function onTheTable() {
  const now = standing(round), before = standing(round - 1);
  if (now.text === null) return [make("p", {}, say("step.nothing_on_table"))];
  const rows = Object.entries(now.text).map(([issue, option]) => {
    const old = before.text && before.text[issue] !== option ? told.issues[issue].options[before.text[issue]] : null;
    return [told.issues[issue].label, told.issues[issue].options[option], old === null ? "" : say("step.was", { old })];
  });
  const some = rows.some((row) => row[2]);
  return [make("p", {}, say("step.table_from", { party: label(now.from) })),
    table(say("step.table_text"), [say("step.issue"), say("step.option"), ...(some ? [say("step.changed")] : [])], some ? rows : rows.map((row) => row.slice(0, 2)))];
}

function asked() {
  const seen = told.rounds.slice(0, round);
  const values = seen.flatMap((each) => [...Object.values(each.asks_for), ...Object.values(each.no_deal)]).filter((each) => each !== null);
  const high = Math.max(1, ...values), low = Math.min(0, ...values);
  const lines = told.parties.flatMap((each) => [
    { points: seen.map((then, k) => [k + 1, then.no_deal[each.name]]), colour: each.colour, dash: "1.5 3", thin: true },
    { points: seen.map((then, k) => [k + 1, then.asks_for[each.name]]), colour: each.colour, dash: each.dash, dot: true },
  ]);
  const caption = say("step.chart", { round });
  const width = Math.max(280, Math.min(760, at("chart").clientWidth || 640));
  const picture = lineChart({ told: caption, width, height: 260, x: [1, Math.max(2, last())], y: [low, high], lines, xLabel: say("step.chart_round"), yFormat: (value) => value.toFixed(1) });
  const legend = make("ul", { class: "legend" }, ...told.parties.map((each) => make("li", {}, sample(each.colour, each.dash), each.label)));
  const heads = [say("step.chart_round"), ...told.parties.flatMap((each) => [`${each.label}: ${say("step.asks_for")}`, `${each.label}: ${say("step.no_deal")}`])];
  const rows = seen.map((then, k) => [String(k + 1), ...told.parties.flatMap((each) => [worth(then.asks_for[each.name]), worth(then.no_deal[each.name])])]);
  const open = at("chart").querySelector("details")?.open || false;
  return [make("figure", {}, make("div", { class: "picture" }, picture, legend), make("figcaption", { class: "note" }, caption)),
    make("details", { open }, make("summary", {}, say("step.chart_numbers")), table(caption, heads, rows, heads.map((_, k) => k)))];
}

function war(now) {
  const parts = [];
  if (told.front) parts.push(make("p", {}, say("step.front", { front: whole.format(now.front), unit: told.front.unit })));
  const end = told.rounds.at(-1).harm;
  const struck = told.parties.filter((each) => end[each.name] && Object.values(end[each.name]).some((value) => value !== 0));
  if (struck.length && told.outages) {
    const heads = [...say("step.harm_heads").split("|"), ...(told.money ? [say("step.money_head")] : [])];
    const rows = struck.map((each) => {
      const harm = now.harm[each.name];
      return [each.label, ...[harm.dark, harm.household_weeks, harm.waves, harm.hits, ...(told.money ? [harm.money] : [])].map((value) => whole.format(value))];
    });
    parts.push(table(say("step.harm"), heads, rows, heads.map((_, k) => k).slice(1)), make("p", { class: "note" }, say("step.harm_note")));
  } else if (struck.length && told.money) {
    parts.push(table(say("step.harm"), [say("step.harm_heads").split("|")[0], say("step.money_head")], struck.map((each) => [each.label, whole.format(now.harm[each.name].money)]), [1]));
  }
  if (told.levers.length) parts.push(table(say("step.levers"), say("step.lever_heads").split("|"), told.levers.map((name) => [name, worth(now.strength[name])]), [1]));
  if (told.claims.rows.length) parts.push(make("details", { open: at("war").querySelector("details")?.open || false }, make("summary", {}, say("step.claims")),
    table(say("step.claims"), say("step.claims_heads").split("|"), told.claims.rows), make("p", { class: "note" }, say("step.claims_note", { about: told.claims.about }))));
  return parts;
}

function ending() {
  const parts = [make("p", { class: "outcome" }, `${told.outcome}.`), ...told.end.map((text) => make("p", {}, text))];
  if (told.story.package) {
    const rows = told.story.parties.map((seat) => [label(seat.party), say(seat.signs ? "step.yes" : "step.no"), worth(seat.utility), worth(seat.no_deal), `${seat.margin >= 0 ? "+" : ""}${worth(seat.margin)}`]);
    parts.push(table(say("step.seats"), say("step.seats_heads").split("|"), rows, [2, 3, 4]));
  }
  if (told.holding) parts.push(...holding());
  return parts;
}

function holding() {
  const { share, credibility, danger } = told.holding, broke = told.story.break_month;
  const points = share.map((value, month) => [month, value]);
  const width = Math.max(280, Math.min(760, at("chart").clientWidth || 640));
  const picture = lineChart({ told: say("step.holding_chart"), width, height: 220, x: [0, share.length - 1], y: [0, 1], lines: [{ points, colour: "#0072B2" }],
    xLabel: say("step.holding_heads").split("|")[0], yFormat: (value) => value.toFixed(1), mark: broke !== null && broke < share.length ? broke : null });
  const rows = share.map((value, month) => [String(month), value.toFixed(3), worth(credibility[Math.floor(month / 12)]), worth(danger[Math.floor(month / 12)])]);
  const caption = broke === null ? say("step.holding_chart") : `${say("step.holding_chart")}; ${say("step.holding_break", { month: broke.toFixed(1) })}`;
  return [make("h3", {}, say("step.holding")), make("figure", {}, make("div", { class: "picture" }, picture), make("figcaption", { class: "note" }, caption)),
    make("details", {}, make("summary", {}, say("step.chart_numbers")), table(say("step.holding"), say("step.holding_heads").split("|"), rows, [0, 1, 2, 3]))];
}

let resized = null;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(() => told && go(round, false), 200);
});

tellChanges(changes);
const number = (name, otherwise) => (/^\d{1,9}$/.test(address.get(name) ?? "") ? Number(address.get(name)) : otherwise);
draw = number("draw", 0);
await load(number("round", 1));
