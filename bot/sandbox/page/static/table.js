// Slack's data table: sorted by a press on a column's name, and shown a page at a time.

import { button, el } from "./dom.js";

const said = (cell) => String(cell.text ?? cell.value ?? "");
const isNumber = (cell) => cell.type === "raw_number";
const { compare } = new Intl.Collator("en", { numeric: true });
const order = (one, other) =>
  isNumber(one) && isNumber(other) ? one.value - other.value : compare(said(one), said(other));

export function table({ caption, rows, page_size: size = 5, row_header_column_index: naming = 0 }) {
  const [names, ...data] = rows;
  const numbers = names.map((_, column) => data.every((row) => isNumber(row[column])));
  const look = (column) => (numbers[column] ? "number" : null);
  let sorted = data, by = -1, down = false, from = 0;

  const heads = names.map((name, column) =>
    el("th", { scope: "col", class: look(column) }, button(said(name), () => sort(column))),
  );
  const body = el("tbody");
  const where = el("span", { "aria-live": "polite" });
  const back = button("Previous", () => draw(from - size), { class: "small" });
  const forth = button("Next", () => draw(from + size), { class: "small" });

  function sort(column) {
    down = by === column ? !down : numbers[column]; // what is large is looked for first
    by = column;
    sorted = data.toSorted((one, other) => (down ? -1 : 1) * order(one[by], other[by]));
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[by].setAttribute("aria-sort", down ? "descending" : "ascending");
    draw(0);
  }

  function draw(first) {
    from = first;
    body.replaceChildren(...sorted.slice(from, from + size).map((row) => el("tr", {}, row.map(drawn))));
    where.textContent = `${from + 1}–${Math.min(from + size, data.length)} of ${data.length}`;
    back.disabled = from === 0;
    forth.disabled = from + size >= data.length;
  }

  function drawn(cell, column) {
    const names = column === naming;
    return el(names ? "th" : "td", { scope: names ? "row" : null, class: look(column) }, said(cell));
  }

  draw(0);
  const all = el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, heads)), body);
  return [
    el("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": caption }, all),
    data.length > size &&
      el("div", { class: "pages", role: "group", "aria-label": `Pages of ${caption}` }, back, where, forth),
  ];
}
