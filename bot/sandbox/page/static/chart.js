// Slack's charts: a value is told under the pointer, and by the arrow keys; below stands the same as a table.

import { el } from "./dom.js";
import { bars, number, pie } from "./drawing.js";
import { table } from "./table.js";

const KINDS = { pie: "Pie chart", bar: "Bar chart" };
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Nothing if it is of another kind. */
export function chart({ title, chart: given }) {
  if (!(given.type in KINDS)) return null;
  const round = given.type === "pie";
  const [names, rows] = round ? ofSegments(given) : ofSeries(given);
  const summary = rows.map(([label, ...values]) => `${label} ${values.map(number).join(" and ")}`).join(", ");
  const label = `${KINDS[given.type]}: ${title}. ${names.join(" and ")}: ${summary}`;
  const drawing = (round ? pie : bars)(rows, names, given.axis_config, {
    role: "img",
    tabindex: "0",
    "aria-label": label,
    pointermove: (event) => show(marks.includes(event.target) ? event.target : round ? null : nearest(event)),
    pointerleave: () => document.activeElement === drawing || show(null),
    focus: () => active || (drawing.matches(":focus-visible") && show(marks[0])),
    blur: () => show(null),
    keydown: keyed,
  });
  const marks = [...drawing.querySelectorAll(".mark")];
  const tip = el("p", { class: "tip", role: "status", hidden: true });
  const canvas = el("div", { class: `canvas ${given.type}` }, drawing, tip);
  let active = null;

  function show(mark) {
    active?.classList.remove("active");
    active = mark;
    tip.hidden = !mark;
    if (!mark) return;
    mark.classList.add("active");
    tip.textContent = mark.dataset.says;
    const [its, room] = [mark, canvas].map((node) => node.getBoundingClientRect());
    const half = tip.offsetWidth / 2;
    const middle = its.left + its.width / 2 - room.left;
    tip.style.left = `${Math.max(half, Math.min(room.width - half, middle))}px`;
    tip.style.top = `${its.top - room.top + (round ? its.height / 2 : 0)}px`;
  }

  function nearest({ clientX, clientY }) {
    const far = (mark) => {
      const { left, width, top } = mark.getBoundingClientRect();
      return Math.abs(left + width / 2 - clientX) * 4 + Math.abs(top - clientY);
    };
    return marks.reduce((best, mark) => (far(mark) < far(best) ? mark : best));
  }

  function keyed(event) {
    if (event.key === "Escape" && active) event.stopPropagation();
    if (event.key === "Escape") show(null);
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    const at = active ? marks.indexOf(active) + STEPS[event.key] : 0;
    show(marks.at(at % marks.length));
  }

  const legend = round ? rows.map(([each]) => each) : names;
  const swatches = legend.map((name, at) => el("li", {}, el("i", { class: `swatch s${at % 6}` }), name));
  return el("figure", { class: "chart" }, [
    el("figcaption", {}, title),
    canvas,
    (round || names.length > 1) && el("ul", { class: "legend" }, swatches),
    el("details", {}, el("summary", {}, "Values"), table(asTable(`Values of ${title}`, names, rows, given))),
  ]);
}

/** What has values, and for each label its value of each. */
const ofSegments = ({ segments }) => [["Value"], segments.map(({ label, value }) => [label, value])];
const ofSeries = ({ series, axis_config: { categories } }) => [
  series.map(({ name }) => name),
  categories.map((label, at) => [label, ...series.map(({ data }) => data[at].value)]),
];

function asTable(caption, names, rows, { axis_config: axis }) {
  const cells = rows.map(([label, ...values]) => [
    { type: "raw_text", text: label },
    ...values.map((value) => ({ type: "raw_number", value, text: number(value) })),
  ]);
  const heads = [axis?.x_label ?? "Of", ...names].map((text) => ({ type: "raw_text", text }));
  return { caption, rows: [heads, ...cells], page_size: rows.length };
}
