// The results page: the list is filled row by row, one result is shown, or two side by side. All of it is text from the server; pictures come as files.

import { ask, faults, fill, make, translate, table, tell } from "/static/app.js";

const at = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en");
const when = (text) => new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
const link = (name) => `/results?at=${encodeURIComponent(name)}`;
const file = (name) => `/results/file?at=${encodeURIComponent(shown.dataset.at)}&name=${encodeURIComponent(name)}`;
const shown = at("shown");

function refused(error) {
  if (error.name === "AbortError" || error.status === 409) return;
  fill(at("problem"), faults(error));
  tell(error.message);
}

const state = (card) => (card.state === "stopped" ? translate("results.stopped", { n: whole.format(card.n), asked: whole.format(card.asked) }) : translate(`results.${card.state}`));
const point = (texts) => translate("results.point", { point: texts.join("; ") });
const wrong = (card) => make("ul", { class: "faults" }, ...card.faults.map((each) => make("li", {}, each)));

// The list

async function fillList() {
  const rows = [...document.querySelectorAll("#list tr[data-kind=results]")];
  let done = 0, sound = 0, damaged = 0;
  for (const row of rows) {
    let card;
    try {
      card = await patiently(row.dataset.name);
    } catch (error) {
      if (error.status === 0) return refused(error);
      card = { state: "other", faults: [error.message] };
    }
    const usable = card.state === "complete" || card.state === "stopped";
    sound += usable;
    damaged += card.state === "damaged";
    fillRow(row, card, usable);
    if (!usable) bar(row.dataset.name);
    done += 1;
    at("progress").textContent = translate("results.checked", { done, count: rows.length });
  }
  if (!rows.length) return;
  at("progress").textContent = "";
  tell(translate("results.all_checked", { count: rows.length, sound, damaged }));
}

/** A row's card. While others are served first, it is asked again. */
async function patiently(name) {
  for (let times = 0; ; times += 1) {
    try {
      return await ask("/results/card", { at: name }, undefined, "card");
    } catch (error) {
      if (error.status !== 503 || times >= 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}

function fillRow(row, card, usable) {
  const head = row.querySelector("th"), name = row.dataset.name;
  while (row.lastElementChild !== head) row.lastElementChild.remove();
  if (!usable) {
    row.append(make("td", { colspan: 6 }, make("span", { class: "bad" }, state(card)), wrong(card)));
    return;
  }
  head.querySelector(".title").replaceChildren(make("a", { href: link(name) }, card.title));
  if (card.point.length) {
    head.querySelector(".note")?.remove();
    head.querySelector(".title").after(make("span", { class: "point" }, point(card.point)));
    for (const option of document.querySelectorAll("#compare option")) if (option.value === name) option.textContent = translate("results.named", { name, point: card.point.join("; ") });
  }
  row.append(...[card.in_force, card.signed, whole.format(card.n), String(card.seed), state(card), when(card.when)]
    .map((text, k) => make("td", { class: k < 4 ? "figure" : null }, text)));
}

/** What cannot be used cannot be chosen. */
function bar(name) {
  for (const option of document.querySelectorAll("#compare option")) {
    if (option.value !== name) continue;
    option.disabled = true;
    option.selected = false;
    option.textContent = translate("results.unavailable", { name });
  }
}

// One result

async function showOne() {
  tell(translate("results.loading"));
  const reply = await ask("/results/one", { at: shown.dataset.at });
  if (reply.state === "damaged" || reply.state === "other") {
    fill(shown, make("p", { class: "state bad" }, state(reply)), make("h2", {}, translate("results.wrong")), wrong(reply), reply.state === "damaged" ? make("p", {}, translate("results.mend")) : null);
    bar(shown.dataset.at);
  } else {
    at("heading").textContent = reply.title;
    fill(shown,
      make("p", {}, translate("results.facts", { id: reply.id, n: whole.format(reply.n), seed: reply.seed, state: state(reply), when: when(reply.when) })),
      reply.point.length ? make("p", { class: "point" }, point(reply.point)) : null,
      make("p", { class: "note" }, translate("results.folder", { name: shown.dataset.at })),
      make("p", { class: "note" }, translate("results.reading")),
      ...reply.sections.flatMap(section), ...(reply.state === "complete" ? stored(reply) : [make("p", { class: "note" }, translate("results.no_files"))]));
  }
  shown.hidden = false;
  tell(translate("results.ready", { title: at("heading").textContent }));
}

function section(each) {
  return [make("h2", {}, each.title), ...each.paragraphs.map((text) => make("p", {}, text)), ...each.grids.flatMap(grid)];
}

function grid(each) {
  return [table(each.caption, each.heads, each.rows, each.figures), each.note ? make("p", { class: "note" }, each.note) : null];
}

/** What lies in the folder: charts, tables, other files. */
function stored(reply) {
  const parts = [];
  if (reply.charts.length) parts.push(make("h2", {}, translate("results.charts")), make("p", { class: "note" }, translate("results.chart_note")), make("div", { class: "charts" }, ...reply.charts.map(storedChart)));
  if (reply.tables.length) parts.push(make("h2", {}, translate("results.tables")));
  for (const each of reply.tables) {
    const title = translate(`results.${each.name}`);
    parts.push(make("details", {}, make("summary", {}, title), each.heads.length ? table(title, each.heads, each.rows, each.figures) : make("p", {}, translate("results.no_table")),
      each.more ? make("p", { class: "note" }, translate("results.more", { more: whole.format(each.more) })) : null), downloads([[each.name, file(each.name)]]));
  }
  if (reply.files.length) parts.push(make("h2", {}, translate("results.files")), make("ul", { class: "downloads column" }, ...reply.files.map((name) => make("li", {},
    make("a", { href: file(name), download: true }, translate("results.download", { name })), `: ${known(name)}`))), make("p", { class: "note" }, translate("results.report_note")));
  return parts;
}

const known = (name) => (["report.html", "summary.json", "scenario.resolved.yaml"].includes(name) ? translate(`results.${name}`) : name);

function storedChart(chart) {
  const picture = chart.shown
    ? make("img", { src: file(chart.name), alt: chart.alt || chart.title, loading: "lazy" })
    : make("p", { class: "note" }, translate(`results.${chart.why}`));
  return make("figure", {}, make("h3", {}, chart.title), picture, downloads(chart.files.map((name) => [name, file(name)])));
}

/** Links to files: pairs of a name and an address. */
function downloads(pairs) {
  return make("ul", { class: "downloads" }, ...pairs.map(([name, address]) => make("li", {}, make("a", { href: address, download: name.replace("/", "-") }, translate("results.download", { name })))));
}

// Two results

async function showTwo() {
  const two = { at: shown.dataset.at, with: shown.dataset.with };
  tell(translate("results.comparing"));
  const reply = await ask("/results/compared", two);
  const titles = [...new Set(reply.data.results.map((each) => each.title))];
  at("heading").textContent = titles.length > 1 ? translate("results.side_by_side", { first: titles[0], second: titles[1] }) : titles[0];
  const charts = reply.charts.map((name) => make("figure", { "data-chart": name }, make("p", { class: "note" }, translate("results.drawing"))));
  const points = [two.at, two.with].map((name, k) => (reply.points[k].length ? make("li", {}, `${name}: ${point(reply.points[k])}`) : null)).filter(Boolean);
  fill(shown, points.length ? make("ul", { class: "point" }, ...points) : null, make("p", { class: "note" }, translate("results.reading")), ...reply.sections.flatMap(section),
    make("h2", {}, translate("results.charts_beside")), make("p", { class: "note" }, translate("results.one_scale")), make("div", { class: "beside" }, ...charts),
    make("h2", {}, translate("results.files")), filesOf(reply, two));
  shown.hidden = false;
  tell(translate("results.ready", { title: at("heading").textContent }));
  for (const [k, name] of reply.charts.entries()) fillChart(charts[k], name, await ask("/results/drawn", { ...two, name }));
}

function fillChart(figure, name, drawn) {
  const bytes = Uint8Array.from(atob(drawn.png), (each) => each.charCodeAt(0));
  fill(figure, make("h3", {}, drawn.title),
    make("img", { src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawn.svg)}`, alt: drawn.alt }),
    downloads([[`${name}.svg`, blob(drawn.svg, "image/svg+xml")], [`${name}.png`, blob(bytes, "image/png")], [`${name}.csv`, blob(drawn.csv, "text/csv")]]));
}

const blob = (content, type) => URL.createObjectURL(new Blob([content], { type }));

function filesOf(reply, two) {
  const list = downloads([["compare.json", blob(`${JSON.stringify(reply.data, null, 1)}\n`, "application/json")],
    ...Object.entries(reply.tables).map(([name, text]) => [`compare-${name}.csv`, blob(text, "text/csv")])]);
  list.append(make("li", {}, make("button", { type: "button", onclick: () => report(two) }, translate("results.page_file"))));
  return list;
}

async function report(two) {
  tell(translate("results.making"));
  try {
    const { html } = await ask("/results/page", two, undefined, "page");
    const made = make("a", { href: blob(html, "text/html"), download: "compare.html" });
    made.click();
    tell(translate("results.made", { name: "compare.html" }));
  } catch (error) {
    refused(error);
  }
}

at("compare")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const [one, other] = [at("first").value, at("second").value];
  if (!one || one === other) at("choice").textContent = translate("results.choose_two");
  else location.href = `${link(one)}&with=${encodeURIComponent(other)}`;
});

try {
  if (shown === null) await fillList();
  else if (shown.dataset.with) await showTwo();
  else await showOne();
} catch (error) {
  refused(error);
}
