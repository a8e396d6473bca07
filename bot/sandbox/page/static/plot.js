// Bars, lines and areas: series over one axis of categories.

import { number, spread, ticks, width as wide } from "./axis.js";
import { svg } from "./dom.js";

const HEIGHT = 240, TOP = 14, RIGHT = 12;

export function plot({ type, series, axis_config: axis }, width) {
  const marked = ticks(series.flatMap(({ data }) => data.map(({ value }) => value)));
  const left = Math.max(...marked.map((tick) => wide(number(tick)))) + (axis.y_label ? 30 : 12);
  const bottom = axis.x_label ? 46 : 28;
  const band = (width - left - RIGHT) / axis.categories.length;
  const [low, high] = [marked[0], marked.at(-1)];
  const room = {
    band,
    x: (at) => left + band * (at + 0.5),
    y: (value) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - bottom),
    says: (at, each) => `${axis.categories[at]}: ${number(each.data[at].value)}${series.length > 1 ? ` ${each.name}` : ""}`,
  };
  const drawn = (type === "bar" ? bars : lines)(series, room, type);
  const nodes = [...grid(marked, room, left, width), ...names(axis, room, left, width, bottom), ...drawn.behind, ...drawn.marks.map((mark) => mark.node)];
  return { width, height: HEIGHT, marks: drawn.marks, nodes };
}

function grid(marked, { y }, left, width) {
  return marked.flatMap((tick) => [
    svg("line", { class: tick === 0 ? "zero" : "grid", x1: left, x2: width - RIGHT, y1: y(tick), y2: y(tick) }),
    svg("text", { class: "tick", x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, number(tick)),
  ]);
}

function names(axis, { x, band }, left, width, bottom) {
  const each = spread(axis.categories, band);
  const shown = axis.categories.map((name, at) => ({ name, at })).filter(({ at }) => at % each === 0);
  const under = HEIGHT - bottom + 18;
  const middle = (HEIGHT - bottom + TOP) / 2;
  return [
    ...shown.map(({ name, at }) => svg("text", { class: "tick", x: within(x(at), wide(name), width), y: under, "text-anchor": "middle" }, name)),
    axis.x_label && svg("text", { class: "axis", x: (left + width) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, axis.x_label),
    axis.y_label && svg("text", { class: "axis", x: -middle, y: 12, transform: "rotate(-90)", "text-anchor": "middle" }, axis.y_label),
  ].filter(Boolean);
}

const within = (x, size, width) => Math.max(size / 2 + 2, Math.min(width - size / 2 - 2, x));

function bars(series, { band, x, y, says }) {
  const thick = Math.min(42, (band * 0.78) / series.length);
  const marks = series[0].data.flatMap((_, at) =>
    series.map((each, which) => {
      const value = each.data[at].value;
      const from = x(at) + (which - series.length / 2) * thick;
      const [top, end] = [y(Math.max(0, value)), y(Math.min(0, value))];
      const node = svg("rect", { class: `mark s${which % 6}`, x: from + 0.5, y: top, width: Math.max(1, thick - 1), height: Math.max(0, end - top), rx: Math.min(3, thick / 4) });
      return { node, near: true, x: from + thick / 2, y: y(value), says: says(at, each) };
    }),
  );
  return { behind: [], marks };
}

function lines(series, { x, y, says }, type) {
  const behind = series.flatMap(({ data }, which) => {
    const path = data.map(({ value }, at) => `${x(at)} ${y(value)}`).join("L");
    const ground = `M${x(0)} ${y(0)}L${path}L${x(data.length - 1)} ${y(0)}Z`;
    return [type === "area" && svg("path", { class: `ground s${which % 6}`, d: ground }), svg("path", { class: `line s${which % 6}`, d: `M${path}` })].filter(Boolean);
  });
  const marks = series[0].data.flatMap((_, at) =>
    series.map((each, which) => {
      const [cx, cy] = [x(at), y(each.data[at].value)];
      return { node: svg("circle", { class: `mark s${which % 6}`, cx, cy, r: 4 }), near: true, x: cx, y: cy, says: says(at, each) };
    }),
  );
  return { behind, marks };
}
