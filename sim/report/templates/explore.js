// A text built by hand: its marks are worked out from the draws inside this page, step by step as `peacesim texts` does.
// Text goes in as text, never as markup.
"use strict";

const at = (id) => document.getElementById(id);
const data = JSON.parse(at("data").textContent);
const { layout, labels } = data;
const { n, tolerance, middle, parties, issues, votes, after } = layout;
const own = issues.map(([, options]) => options.length);
const offset = own.map((_, i) => own.slice(0, i).reduce((total, size) => total + size, 0));
const width = own.reduce((total, size) => total + size, 0);
const every = parties.length;

// Words and numbers

const DASH = "-", Z_95 = 1.959963984540054, MOST_KEPT = 2000, FEW = 0.5;
const marks = data.marks.map(([key, words]) => ({ key, words }));

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

/** A number with so many digits; one that lies just between two goes to the even one, as in Python. */
function fixed(value, digits) {
  const text = value.toFixed(digits);
  if (!/^50*$/.test(value.toFixed(digits + 40).slice(-40))) return text;
  const down = (Math.trunc(value * 10 ** digits) / 10 ** digits).toFixed(digits);
  return Number(down.at(-1)) % 2 ? text : down;
}

const whole = (value) => Number(fixed(value, 0));

function interval(count) {
  const share = count / n, z2 = Z_95 ** 2;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z_95 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [count === 0 ? 0 : centre - half, count === n ? 1 : centre + half];
}

/** Digits after the point of a share in per cent: no more than its standard error allows. */
function places(count) {
  const [low, high] = interval(count), error = (100 * high - 100 * low) / (2 * Z_95);
  const allowed = error > 0 ? Math.min(2, Math.max(0, Math.floor(-Math.log10(error)))) : 2;
  const least = Math.min(count, n - count);
  return least > 0 && least < n * 10 ** (-2 - allowed) ? Math.min(2, allowed + 1) : allowed;
}

function percent(share) {
  if (share === null) return DASH;
  const digits = places(whole(share * n)), least = [1, 0.1, 0.01][digits];
  if (share > 0 && share < least / 100) return `<${fixed(least, digits)} %`;
  if (share < 1 && share > 1 - least / 100) return `>${fixed(100 - least, digits)} %`;
  return `${fixed(100 * share, digits)} %`;
}

function between(share) {
  const count = whole(share * n), digits = places(count), [low, high] = interval(count);
  return `${percent(share)} (${fixed(100 * low, digits)}-${fixed(100 * high, digits)})`;
}

function signed(value, digits = 2) {
  const text = fixed(value, digits);
  return Number(text) === 0 ? (0).toFixed(digits) : value > 0 ? `+${text}` : text;
}

// The draws

let drawn = null; // tables by name

async function unpack() {
  const packed = Uint8Array.from(atob(data.blob), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const raw = new Uint8Array(await new Response(stream).arrayBuffer()), found = {};
  let start = 0;
  for (const [name, kind, count] of data.arrays) {
    if (kind === "bool") {
      found[name] = raw.subarray(start, start + count);
      start += count;
    } else {
      const bytes = new Uint8Array(8 * count); // stored byte by byte of all numbers, which packs better
      for (let k = 0; k < 8; k += 1, start += count) for (let i = 0; i < count; i += 1) bytes[8 * i + k] = raw[start + i];
      found[name] = new Float64Array(bytes.buffer);
    }
  }
  return found;
}

/** Whether a text, the number of its option by issue, meets a condition: some clause of it. */
const meets = (clauses, text) => clauses.some((clause) => Object.entries(clause).every(([i, options]) => options.includes(text[i])));
const broken = (text) => layout.rules.filter((rule) => meets(rule.if, text) && !meets(rule.then, text));

for (const table of [votes, after]) {
  if (table) table.place = new Map(table.options.map((options, k) => [options.join(), k]));
}
const combination = (table, text) => table.place.get(table.issues.map((i) => text[i]).join());

/** The product of some columns of a row of a table, the smallest first: no name moves a bit of it. */
const sorted = new Float64Array(64);
function product(table, start, columns) {
  for (let k = 0; k < columns.length; k += 1) {
    const each = table[start + columns[k]];
    let place = k;
    for (; place > 0 && sorted[place - 1] > each; place -= 1) sorted[place] = sorted[place - 1];
    sorted[place] = each;
  }
  let total = 1;
  for (let k = 0; k < columns.length; k += 1) total *= sorted[k];
  return total;
}

/** What hangs on the text alone: who signs it, and where it stands in each table. */
function place(text) {
  const signs = layout.signs.map((clauses) => meets(clauses, text));
  const numbered = (list) => list.map((each, k) => ({ ...each, k }));
  const lines = numbered(layout.lines).filter((line) => (line.party < 0 || signs[line.party]) && meets(line.never, text) && !meets(line.unless, text));
  const extras = numbered(layout.extras).filter((extra) => extra.meets.every((each) => meets(each, text)) && !extra.not.some((each) => meets(each, text)));
  const steps = layout.commitments.map((word) => Object.entries(word.steps).reduce((total, [i, each]) => total + each[text[i]], 0));
  const voted = votes ? combination(votes, text) : 0, later = after ? combination(after, text) : 0;
  const asked = signs.filter(Boolean).length, needed = layout.quota === null ? asked : Math.min(asked, layout.quota);
  return { signs, lines, extras, steps, needed, later, cells: votes ? votes.given[voted] : [], foreseen: votes?.foreseen.length ? votes.foreseen[voted] : [] };
}

/** Whether some line that the text crosses is real in a draw, by party: a bit each, the first for what nobody can sign. */
function blocked(lines, b) {
  let found = 0;
  for (const line of lines) if (drawn.real[b * layout.lines.length + line.k]) found |= 1 << (line.party + 1);
  return found;
}

const known = new Map();

/** What a text is in each draw, as `marks` of the library has it: by draw, or by draw and party. */
function evaluate(text) {
  const key = text.join();
  if (known.has(key)) return known.get(key);
  if (known.size > MOST_KEPT) known.clear();
  const at = place(text), T = drawn, places = text.map((option, i) => offset[i] + option);
  const [kinds, chances, held, enough, shifts] = ["raised", "chances", "held", "enough", "shifts"].map((name) => (T[name] ? T[name].length / n : 0));
  const guarded = after?.enough ? after.guarantor : -1, half = after ? after.lowest.length / 2 : 0, parts = layout.pressed ? 4 : 2;
  let before = 0;
  const moves = (layout.shifts ?? []).map((i) => { before += own[i]; return before - own[i] + text[i]; });
  const found = {
    ...at, accepts: new Uint8Array(n * every), acceptable: new Uint8Array(n), margin: new Float64Array(n * every),
    value: new Float64Array(n * every), passes: new Float64Array(n), bodies: at.cells.map(() => new Float64Array(n)), holds: [new Float64Array(n), new Float64Array(n)],
  };
  const utility = new Float64Array(every), lasts = new Float64Array(every);
  for (let b = 0; b < n; b += 1) {
    const row = b * every, real = blocked(at.lines, b);
    for (let p = 0; p < every; p += 1) {
      const start = (row + p) * width;
      let first = 0, second = 0;
      for (let i = 0; i < middle; i += 1) first += T.worth[start + places[i]];
      for (let i = middle; i < places.length; i += 1) second += T.worth[start + places[i]];
      utility[p] = first + second;
    }
    for (const extra of at.extras) utility[extra.party] += T.extras[b * layout.extras.length + extra.k];
    let kind = at.later, foreseen = at.later; // what becomes of it once in force, and what parties expect
    if (guarded >= 0) {
      const least = T.enough[b * enough + after.enough[at.later]];
      if (utility[guarded] - T.no_deal[row + guarded] < least) kind += half;
      if (utility[guarded] - T.foreseen_from[row + guarded] < least) foreseen += half;
    }
    if (after) {
      kind = after.lowest[kind] + after.step * T.raised[b * kinds + kind];
      foreseen = after.lowest[foreseen] + after.step * T.raised[b * kinds + foreseen];
    }
    const chance = product(T.chances, b * chances, at.foreseen);
    let moved = layout.shifts ? T.shift_base[b] : 0;
    for (const column of moves) moved += T.shifts[b * shifts + column];
    for (let p = 0; p < every; p += 1) {
      lasts[p] = 1;
      if (!T.looks[row + p]) continue;
      const part = after ? T.held[b * held + after.held[parts + p][foreseen]] : 1;
      const risks = chance * (1 - part) * (layout.stake[p] * moved) + (1 - chance) * T.refusal_cost[row + p];
      lasts[p] = Math.max(chance * part, layout.least);
      utility[p] -= risks / lasts[p];
    }
    for (let k = 0; k < at.steps.length; k += 1) {
      const { party } = layout.commitments[k];
      utility[party] -= (T.commitments[b * at.steps.length + k] * at.steps[k]) / lasts[party];
    }
    let bought = false, consents = 0;
    for (let p = 0; p < every; p += 1) {
      const reserve = T.no_deal[row + p], accepts = at.signs[p] && utility[p] >= reserve - tolerance && !(real & (2 << p));
      found.accepts[row + p] = accepts;
      found.margin[row + p] = utility[p] - reserve;
      found.value[row + p] = T.looks[row + p] ? reserve + lasts[p] * (utility[p] - reserve) : utility[p];
      consents += accepts;
      bought ||= accepts && utility[p] < T.free[row + p] - tolerance;
    }
    found.acceptable[b] = consents >= at.needed && !(real & 1);
    for (let j = 0; j < at.cells.length; j += 1) found.bodies[j][b] = T.chances[b * chances + at.cells[j]];
    found.passes[b] = product(T.chances, b * chances, at.cells);
    const from = layout.pressed && bought ? 2 : 0;
    found.holds[0][b] = after ? T.held[b * held + after.held[from][kind]] : 1;
    found.holds[1][b] = after ? T.held[b * held + after.held[from + 1][kind]] : 1;
  }
  found.all = figures(found);
  known.set(key, found);
  return found;
}

/** Means over the draws, summed in their order as the library does: to the last bit. */
function figures(found) {
  const { acceptable, passes, holds } = found, totals = new Float64Array(7);
  for (let b = 0; b < n; b += 1) {
    const inForce = acceptable[b] * passes[b];
    totals[0] += acceptable[b];
    totals[1] += passes[b];
    totals[2] += inForce;
    totals[3] += holds[0][b];
    totals[4] += holds[1][b];
    totals[5] += inForce * holds[0][b];
    totals[6] += inForce * holds[1][b];
  }
  const names = ["acceptable", "passes", "in_force", "holds_12", "holds_60", "held_12", "held_60"];
  return Object.fromEntries(names.map((name, k) => [name, totals[k] / n]));
}

function mean(values, first = 0, step = 1) {
  let total = 0;
  for (let b = 0; b < n; b += 1) total += values[first + b * step];
  return total / n;
}

/** The share of draws in which one text is better than another for all: nobody who signs loses or refuses, somebody gains. */
function better(here, there) {
  let count = 0;
  for (let b = 0; b < n; b += 1) {
    let gains = false, loses = false;
    for (let p = 0; p < every; p += 1) {
      if (!here.signs[p] && !there.signs[p]) continue;
      const k = b * every + p, gain = there.value[k] - here.value[k];
      gains ||= gain > tolerance;
      loses ||= gain < -tolerance || (here.accepts[k] && !there.accepts[k]);
    }
    count += gains && !loses;
  }
  return count / n;
}

/** Where a value ranks among all texts. */
function rank(value) {
  let low = 0, high = drawn.levels.length; // levels fall
  while (low < high) {
    const between = (low + high) >> 1;
    if (drawn.levels[between] > value) low = between + 1;
    else high = between;
  }
  const first = drawn.ranks[low] ?? data.packages, others = (drawn.ranks[low + 1] ?? data.packages + 1) - first - 1;
  const [place, all, shared] = [first, data.packages, others].map((count) => count.toLocaleString("en"));
  return `${place} of ${all}${others > 0 ? `, with ${shared} other${others > 1 ? "s" : ""}` : ""}`;
}

function median(found, p) {
  const sorted = Float64Array.from({ length: n }, (_, b) => found.margin[b * every + p]).sort();
  const centre = n >> 1;
  return n % 2 ? sorted[centre] : (sorted[centre - 1] + sorted[centre]) / 2;
}

// The page

let text = []; // number of the option of each issue, issues in name order
let touched = -1; // issue changed last
const named = (options) => {
  const given = options.split("/");
  if (given.length !== issues.length) return null;
  const found = new Array(issues.length);
  data.order.forEach((i, place) => { found[i] = issues[i][1].indexOf(given[place]); });
  return found.includes(-1) ? null : found;
};
const written = (options) => data.order.map((i) => issues[i][1][options[i]]).join("/");
const withOption = (i, option) => text.map((each, k) => (k === i ? option : each));

/** A table; cells of the columns of `figures` stand to the right. */
function table(caption, heads, rows, figures) {
  const cell = (tag, content, k, scope) => make(tag, { scope, class: figures.includes(k) ? "figure" : null }, content);
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    make("table", {}, make("caption", {}, make("span", {}, caption)),
      make("thead", {}, make("tr", {}, ...heads.map((head, k) => cell(head ? "th" : "td", head, k, head ? "col" : null)))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((content, k) => cell(k ? "td" : "th", content, k, k ? null : "row")))))));
}

function bar(share) {
  const filled = make("span", {});
  filled.style.width = `${Math.min(100, 100 * share)}%`;
  return make("span", { class: "bar", "aria-hidden": "true" }, filled);
}

function build() {
  const choices = data.order.map((i) => make("fieldset", {}, make("legend", {}, labels.issues[i]),
    ...data.shown[i].map((option) => {
      const id = `option-${i}-${option}`;
      return make("div", { class: "option", id: `row-${i}-${option}` },
        make("input", { type: "radio", name: `issue-${i}`, id, value: option, "aria-describedby": `then-${i}-${option}`, onchange: () => { touched = i; take(withOption(i, option)); } }),
        make("label", { for: id }, labels.options[i][option]), make("span", { class: "then", id: `then-${i}-${option}` }));
    })));
  at("choices").replaceChildren(...choices);
  const groups = new Map();
  data.starts.forEach((start, k) => {
    if (!groups.has(start.group)) groups.set(start.group, make("optgroup", { label: start.group }));
    groups.get(start.group).append(make("option", { value: k }, start.label));
  });
  at("start").replaceChildren(...groups.values());
  at("load").addEventListener("click", () => load(data.starts[at("start").value]));
  at("copy").addEventListener("click", copy);
  const rows = document.querySelectorAll("#main > section:not(#builder) table")[0]?.querySelectorAll("tr") ?? [];
  rows.forEach((row, k) => {
    const label = k ? `Load text ${row.cells[0].textContent}` : "";
    row.append(make("td", {}, k ? make("button", { type: "button", "aria-label": label, onclick: () => { load({ text: data.groups[k - 1], note: "" }); at("builder").scrollIntoView(); } }, "Load") : ""));
  });
  addEventListener("hashchange", fromAddress);
}

function load(start) {
  touched = -1;
  take(named(start.text));
  at("loaded").textContent = start.note;
}

async function copy() {
  const words = at("link");
  words.select();
  try {
    await navigator.clipboard.writeText(words.value);
    at("copied").textContent = "Copied.";
  } catch {
    at("copied").textContent = "Copy it by hand: it is selected.";
  }
}

function fromAddress() {
  const [key, options] = decodeURIComponent(location.hash.slice(1)).split("=");
  if (key !== "text") return false;
  const found = named(options ?? "");
  if (found === null) at("loaded").textContent = "The link names a text of another file, or of another version of this one.";
  else if (found.join() !== text.join()) take(found);
  return found !== null;
}

function take(options) {
  text = options;
  at("loaded").textContent = "";
  at("copied").textContent = "";
  history.replaceState(null, "", `#text=${written(text)}`);
  at("link").value = location.href;
  text.forEach((option, i) => { at(`option-${i}-${option}`).checked = true; });
  const started = performance.now();
  show();
  document.documentElement.dataset.took = performance.now() - started;
}

function show() {
  const rules = broken(text), around = neighbours();
  at("contradiction").hidden = !rules.length;
  at("answer").hidden = rules.length > 0;
  if (rules.length) return contradiction(rules, around);
  const found = evaluate(text), { all } = found, places = rank(all[layout.by]);
  const whole = layout.by === "acceptable" ? "" : `; ${labels.by} ${percent(all[layout.by])}`;
  at("status").textContent = `Acceptable to all who sign in ${between(all.acceptable)} of draws${whole}; rank ${places}.`;
  at("marks").replaceChildren(...marks.map(({ key, words }) => make("div", { class: key === layout.by ? "mark last" : "mark", "data-mark": key }, make("dt", {}, words), make("dd", {}, bar(all[key]), make("span", {}, key === "acceptable" ? between(all[key]) : percent(all[key]))))),
    make("div", { class: "mark", "data-mark": "rank" }, make("dt", {}, "rank"), make("dd", {}, make("span", {}, places))));
  parts(found);
  lacks(found);
  improvements(found, around);
}

/** Each text that differs in one issue: what it would come to, or who accepts it least, stands beside its option. */
function neighbours() {
  const all = data.order.flatMap((i) => data.shown[i].map((option) => {
    const other = withOption(i, option);
    return { i, option, text: other, found: broken(other).length ? null : evaluate(other) };
  }));
  const never = all.every((each) => !each.found || each.found.all.acceptable === 0);
  at("hint").textContent = never ? "Neither this text nor any that differs in one issue is acceptable in any draw: beside each option stands who would accept the text with it least often."
    : `Beside each option: ${labels.by}, with it.`;
  for (const { i, option, found } of all) {
    at(`row-${i}-${option}`).classList.toggle("breaks", !found);
    at(`then-${i}-${option}`).textContent = !found ? "breaks a rule" : never ? reluctant(found) : percent(found.all[layout.by]);
  }
  return all.filter((each) => each.found && each.option !== text[each.i]);
}

function reluctant(found) {
  const asked = data.parties.filter((p) => found.signs[p]).map((p) => [accepts(found, p), p]);
  if (!asked.length) return DASH;
  const [share, p] = asked.reduce((least, each) => (each[0] < least[0] ? each : least));
  return `${labels.parties[p]} ${percent(share)}`;
}

function contradiction(rules, around) {
  const others = around.filter((each) => each.i !== touched);
  at("contradiction").replaceChildren(make("h3", {}, "This text cannot be"),
    make("ul", {}, ...rules.map((rule) => make("li", {}, make("code", {}, rule.id), `: ${labels.rules[rule.id]}`))),
    make("p", {}, others.length ? "Any one of these mends it:" : "No change of one other issue mends it."),
    make("ul", { class: "changes" }, ...others.map((each) => make("li", {}, change(each)))));
  at("status").textContent = `This text breaks the rule ${rules.map((rule) => rule.id).join(", ")}.`;
}

function change(each) {
  const words = `${labels.issues[each.i]}: ${labels.options[each.i][each.option]}`;
  return make("button", { type: "button", onclick: () => { touched = -1; take(each.text); at("status").focus(); } }, words);
}

const realIn = (line) => mean(drawn.real, line.k, layout.lines.length);
const accepts = (found, p) => mean(found.accepts, p, every);

function parts(found) {
  const rows = data.parties.map((p) => {
    const lines = found.lines.filter((line) => line.party === p).map((line) => `${line.name.split(".")[1]} (real in ${percent(realIn(line))})`);
    return [labels.parties[p], found.signs[p] ? between(accepts(found, p)) : "does not sign", signed(median(found, p)), lines.join(", ") || DASH];
  });
  const bodies = votes ? votes.ratifiers.map((name, k) => [labels.ratifiers[name], percent(mean(found.bodies[votes.by_order[k]]))]) : [];
  at("parties").replaceChildren(table("Who would sign", ["", "accepts it", "worth less no deal, middle draw", "its red lines it crosses"], rows, [1, 2]),
    bodies.length ? table("At home", ["", "mean chance"], bodies, [1]) : "");
}

/** What keeps the text from being agreed in half of the draws, passing and holding. */
function lacks(found) {
  const { all } = found, missing = [];
  for (const p of data.parties) {
    if (!found.signs[p] || accepts(found, p) >= FEW) continue;
    const short = median(found, p), name = labels.parties[p];
    if (short < 0) missing.push(`${name}: ${fixed(-short, 2)} of worth short of no deal in the middle draw`);
    for (const line of found.lines.filter((each) => each.party === p)) missing.push(`${name}: behind its red line, ${labels.lines[line.name]}; real in ${percent(realIn(line))} of draws`);
  }
  for (const line of found.lines.filter((each) => each.party < 0)) missing.push(`off the table in ${percent(realIn(line))} of draws, ${labels.lines[line.name]}`);
  votes?.ratifiers.forEach((name, k) => {
    const chance = mean(found.bodies[votes.by_order[k]]);
    if (chance < FEW) missing.push(`${labels.ratifiers[name]}: passes with a mean chance of ${percent(chance)}`);
  });
  if (after && all.holds_60 < FEW) missing.push(`once in force it holds 60 months with a mean chance of ${percent(all.holds_60)}`);
  at("lacks").replaceChildren(make("h3", {}, "What it lacks"), missing.length ? make("ul", {}, ...missing.map((words) => make("li", {}, words)))
    : make("p", {}, "Nothing that one party, one vote or one test refuses in more than half of the draws; what is left is their coming together."));
}

function improvements(found, around) {
  const rows = around.map((each) => ({ ...each, share: better(found, each.found) })).filter((each) => each.share > FEW).sort((a, b) => b.share - a.share);
  const words = marks.find((mark) => mark.key === layout.by).words;
  at("better").replaceChildren(make("h3", {}, "Changes of one issue that are better for all"),
    rows.length ? table("Better for all who sign in more than half of the draws", ["change", "better for all in", words], rows.map((each) => [change(each), percent(each.share), percent(each.found.all[layout.by])]), [1, 2])
      : make("p", {}, "None is better for all who sign in more than half of the draws."));
}

unpack().then((found) => {
  drawn = found;
  build();
  at("tool").hidden = false;
  at("needs").hidden = true;
  if (!fromAddress()) load({ ...data.starts[0], note: at("loaded").textContent });
}, () => { at("needs").textContent = "This browser cannot unpack the draws in this page; one of 2023 or later can."; });
