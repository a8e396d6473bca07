// Slack's charts, as SVG: a value is told under the pointer, and by the arrow keys; below stands the same as a table.

import { number } from "./axis.js";
import { el, svg } from "./dom.js";
import { pie } from "./pie.js";
import { plot } from "./plot.js";

const KINDS = { pie: "Pie chart", bar: "Bar chart", area: "Area chart", line: "Line chart" };
const WIDEST = 640;

const resized = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) target.redraw?.(Math.min(WIDEST, Math.round(contentRect.width)));
});

export function chart({ title, chart: given }) {
  const names = given.type === "pie" ? given.segments.map((each) => each.label) : given.series.map((each) => each.name);
  const drawing = svg("svg", { role: "img", tabindex: "0", "aria-label": `${KINDS[given.type]}: ${title}. ${summary(given)}` });
  const tip = el("p", { class: "tip", role: "status", hidden: true });
  const canvas = el("div", { class: `canvas ${given.type}` }, drawing, tip);
  let marks = [], active = -1, drawn = 0;

  canvas.redraw = (width) => {
    if (!width || width === drawn) return;
    drawn = width;
    const made = given.type === "pie" ? pie(given) : plot(given, width);
    marks = made.marks;
    drawing.setAttribute("viewBox", `0 0 ${made.width} ${made.height}`);
    drawing.setAttribute("width", made.width);
    drawing.setAttribute("height", made.height);
    drawing.replaceChildren(...made.nodes);
    show(-1);
  };

  function show(index) {
    marks[active]?.node.classList.remove("active");
    active = index;
    const mark = marks[index];
    tip.hidden = !mark;
    if (!mark) return;
    mark.node.classList.add("active");
    tip.textContent = mark.says;
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.max(half, Math.min(canvas.clientWidth - half, mark.x))}px`;
    tip.style.top = `${mark.y}px`;
  }

  drawing.addEventListener("pointermove", (event) => show(under(event, drawing, marks)));
  drawing.addEventListener("pointerleave", () => show(document.activeElement === drawing ? active : -1));
  drawing.addEventListener("focus", () => active < 0 && drawing.matches(":focus-visible") && show(0));
  drawing.addEventListener("blur", () => show(-1));
  drawing.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && active >= 0) event.stopPropagation();
    if (event.key === "Escape") show(-1);
    if (!step) return;
    event.preventDefault();
    show((active + step + marks.length) % marks.length);
  });
  resized.observe(canvas);

  const legend = el("ul", { class: "legend" }, names.map((name, at) => el("li", {}, el("i", { class: `swatch s${at % 6}` }), name)));
  const alone = given.type !== "pie" && names.length === 1;
  return el("figure", { class: "chart" }, el("figcaption", {}, title), canvas, !alone && legend, values(given, title));
}

/** What is under the pointer, or in a plot what is nearest to it. */
function under(event, drawing, marks) {
  const hit = marks.findIndex((mark) => mark.node === event.target);
  if (hit >= 0 || !marks[0]?.near) return hit;
  const box = drawing.getBoundingClientRect();
  const far = (mark) => Math.abs(mark.x - (event.clientX - box.left)) * 4 + Math.abs(mark.y - (event.clientY - box.top));
  return marks.reduce((best, mark, at) => (far(mark) < far(marks[best]) ? at : best), 0);
}

function summary(given) {
  if (given.type === "pie") return given.segments.map(({ label, value }) => `${label} ${number(value)}`).join(", ");
  return given.series.map(({ name, data }) => `${name}: ${data.map(({ label, value }) => `${label} ${number(value)}`).join(", ")}`).join(". ");
}

function values(given, title) {
  const heads = given.type === "pie" ? ["", "Value"] : [given.axis_config.x_label ?? "", ...given.series.map((each) => each.name)];
  const rows = given.type === "pie"
    ? given.segments.map(({ label, value }) => [label, value])
    : given.axis_config.categories.map((label, at) => [label, ...given.series.map(({ data }) => data[at].value)]);
  const head = el("tr", {}, heads.map((name, at) => (at || name ? el("th", { scope: "col" }, name) : el("td"))));
  const body = rows.map(([name, ...rest]) => el("tr", {}, el("th", { scope: "row" }, name), rest.map((value) => el("td", { class: "number" }, number(value)))));
  const table = el("table", {}, el("caption", { class: "unseen" }, title), el("thead", {}, head), el("tbody", {}, body));
  return el("details", {}, el("summary", {}, "Values"), el("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": `Values of ${title}` }, table));
}
