// Line charts, made of numbers in the page itself. Always on white, so that the parties' colours are those of all other charts.

const SPACE = "http://www.w3.org/2000/svg";

function draw(tag, attributes, ...children) {
  const made = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Steps of 1, 2 or 5 that cut a span into at most `most` parts. */
function ticks(low, high, most) {
  const rough = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step) found.push(Number(at.toPrecision(12)));
  return found;
}

/**
 * A line chart as an SVG element.
 *
 * description: what a screen reader says of it; width, height: in pixels; x: [low, high]; y: [low, high]; whole: whether x is counted in whole numbers;
 * lines: [{ points: [[x, y or null], ...], colour, dash, thin, dot }]; xLabel; yFormat; mark: an x at which a line stands.
 */
export function lineChart({ description, width, height, x, y, lines, xLabel, yFormat, mark = null, whole = true }) {
  const left = 44, right = 12, top = 10, bottom = 36;
  const across = (at) => left + ((at - x[0]) / (x[1] - x[0] || 1)) * (width - left - right);
  const up = (at) => top + ((y[1] - at) / (y[1] - y[0] || 1)) * (height - top - bottom);
  const picture = draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": description, class: "chart" });
  for (const at of ticks(y[0], y[1], 5)) {
    picture.append(draw("line", { x1: left, x2: width - right, y1: up(at), y2: up(at), class: "rule" }),
      draw("text", { x: left - 6, y: up(at) + 4, "text-anchor": "end" }, yFormat(at)));
  }
  for (const at of ticks(x[0], x[1], Math.max(3, Math.min(12, Math.floor(width / 70))))) {
    if (whole && at % 1) continue;
    picture.append(draw("line", { x1: across(at), x2: across(at), y1: height - bottom, y2: height - bottom + 4, class: "axis" }),
      draw("text", { x: across(at), y: height - bottom + 17, "text-anchor": "middle" }, String(at)));
  }
  picture.append(draw("text", { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, xLabel),
    draw("line", { x1: left, x2: width - right, y1: height - bottom, y2: height - bottom, class: "axis" }));
  if (mark !== null) picture.append(draw("line", { x1: across(mark), x2: across(mark), y1: top, y2: height - bottom, class: "mark" }));
  for (const line of lines) {
    let path = "", on = false, last = null;
    for (const [at, value] of line.points) {
      if (value === null) { on = false; continue; }
      path += `${on ? "L" : "M"}${across(at).toFixed(1)} ${up(value).toFixed(1)}`;
      on = true;
      last = [at, value];
    }
    picture.append(draw("path", { d: path, fill: "none", stroke: line.colour, "stroke-width": line.thin ? 1.2 : 2.4, "stroke-dasharray": line.dash || "none" }));
    if (last && line.dot) picture.append(draw("circle", { cx: across(last[0]), cy: up(last[1]), r: 4, fill: line.colour }));
  }
  return picture;
}

/** A short piece of line, for a legend. */
export function sample(colour, dash, thin = false) {
  return draw("svg", { width: 40, height: 10, "aria-hidden": "true", class: "sample" },
    draw("line", { x1: 0, x2: 40, y1: 5, y2: 5, stroke: colour, "stroke-width": thin ? 1.2 : 2.6, "stroke-dasharray": dash || "none" }));
}
