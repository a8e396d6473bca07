// Bars and pies as SVG. Upright, all is in pixels; across, in parts of whatever room there is.

import { svg } from "./dom.js";

const HEIGHT = 240, TOP = 14, BOTTOM = 28;
const ROOMS = { narrow: 240, wide: 440 }; // in pixels, for the names below; blocks.css tells which it is
const SIZE = 200, MIDDLE = SIZE / 2, RADIUS = 92;

export const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 }).format;
const wide = (label) => [...label].length * 6.6;
const mark = (name, at, says, given) => svg(name, { class: `mark s${at % 6}`, "data-says": says, ...given });

/** For each name a bar beside the others at each label. */
export function bars(rows, names, axis, given) {
  const marked = ticks(rows.flatMap(([, ...values]) => values));
  const [low, high] = [marked[0], marked.at(-1)];
  const y = (value) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const band = 100 / rows.length, thick = Math.min(9, (band * 0.78) / names.length);
  const bar = (label, value, x, which) => {
    const [top, end] = [y(Math.max(0, value)), y(Math.min(0, value))];
    const says = `${label}: ${number(value)}${names.length > 1 ? ` ${names[which]}` : ""}`;
    return mark("rect", which, says, { x: `${x}%`, y: top, width: `${thick}%`, height: end - top, rx: 2 });
  };
  const drawn = rows.flatMap(([label, ...values], at) => {
    const first = band * (at + 0.5) - (thick * values.length) / 2;
    return values.map((value, which) => bar(label, value, first + which * thick, which));
  });
  const left = Math.max(...marked.map((tick) => wide(number(tick)))) + (axis.y_label ? 30 : 12);
  const around = [grid(marked, y), below(rows), beside(axis, left)];
  const drawing = svg("svg", { height: HEIGHT, ...given }, around, drawn);
  drawing.style.paddingLeft = `${left}px`;
  return drawing;
}

/** Round values from below the least to above the most, a handful of them. */
function ticks(values) {
  const least = Math.min(0, ...values), most = Math.max(0, ...values);
  const rough = (most - least || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = power * [1, 2, 5, 10].find((times) => times * power >= rough);
  if (values.every(Number.isInteger)) step = Math.max(1, step);
  const first = Math.floor(least / step), last = Math.max(Math.ceil(most / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

const grid = (marked, y) =>
  marked.flatMap((tick) => [
    svg("line", { class: tick === 0 ? "zero" : "grid", x2: "100%", y1: y(tick), y2: y(tick) }),
    svg("text", { class: "tick", x: -8, y: y(tick) + 4, "text-anchor": "end" }, number(tick)),
  ]);

/** Of the labels those that fit side by side. */
function below(rows) {
  const widest = Math.max(...rows.map(([label]) => wide(label))) + 10;
  return Object.entries(ROOMS).flatMap(([name, room]) => {
    const band = room / rows.length, each = Math.ceil(widest / band);
    const fits = (label, at) => at % each === 0 && (at + 0.5) * band + wide(label) / 2 < room + 20;
    const given = { class: `tick ${name}`, y: HEIGHT - BOTTOM + 18, "text-anchor": "middle" };
    const x = (at) => `${((at + 0.5) / rows.length) * 100}%`;
    return rows.map(([label], at) => fits(label, at) && svg("text", { ...given, x: x(at) }, label));
  });
}

function beside({ y_label: name }, left) {
  const given = { class: "tick", x: -(HEIGHT - BOTTOM + TOP) / 2, y: 12 - left, "text-anchor": "middle" };
  return name && svg("text", { ...given, transform: "rotate(-90)" }, name);
}

/** Segments clockwise from the top, each a share of the sum. */
export function pie(rows, _, __, given) {
  const sum = rows.reduce((so, [, value]) => so + value, 0);
  let until = 0;
  const segments = rows.map(([label, value], at) => {
    const from = until, share = value / sum;
    until += share;
    const says = `${label}: ${number(value)} (${number(Math.round(share * 1000) / 10)} %)`;
    if (share === 1) return mark("circle", at, says, { cx: MIDDLE, cy: MIDDLE, r: RADIUS });
    const arc = `A${RADIUS} ${RADIUS} 0 ${share > 0.5 ? 1 : 0} 1 ${point(until)}`;
    return mark("path", at, says, { d: `M${MIDDLE} ${MIDDLE}L${point(from)}${arc}Z` });
  });
  return svg("svg", { width: SIZE, height: SIZE, ...given }, segments);
}

function point(share) {
  const angle = (share - 0.25) * 2 * Math.PI;
  return `${MIDDLE + RADIUS * Math.cos(angle)} ${MIDDLE + RADIUS * Math.sin(angle)}`;
}
