// Slack's data table: sorted by a press on a column's name, and shown a page at a time.

import { el } from "./dom.js";

const worth = (cell) => (cell.type === "raw_number" ? cell.value : said(cell));
const said = (cell) => String(cell.text ?? cell.value ?? "");
const order = (one, other) =>
  typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other), "en", { numeric: true });

export function dataTable({ caption, rows, page_size: size = 5, row_header_column_index: naming = 0 }) {
  const [names, ...data] = rows;
  const numeric = names.map((_, column) => data.every((row) => row[column].type === "raw_number"));
  const seen = { column: null, down: false, page: 0 };
  const body = el("tbody");
  const heads = names.map((name, column) => head(said(name), numeric[column], () => sort(column)));
  const where = el("span", { "aria-live": "polite" });
  const back = el("button", { type: "button", class: "small", click: () => turn(-1) }, "Previous");
  const forth = el("button", { type: "button", class: "small", click: () => turn(1) }, "Next");

  function sort(column) {
    const first = numeric[column]; // what is large is looked for first
    seen.down = seen.column === column ? !seen.down : first;
    seen.column = column;
    seen.page = 0;
    draw();
  }

  function turn(pages) {
    seen.page += pages;
    draw();
  }

  function draw() {
    const sorted = seen.column === null ? data : data.toSorted((one, other) => (seen.down ? -1 : 1) * order(worth(one[seen.column]), worth(other[seen.column])));
    const from = seen.page * size;
    body.replaceChildren(...sorted.slice(from, from + size).map((row) => el("tr", {}, row.map(drawn))));
    heads.forEach((each, column) => {
      if (column === seen.column) each.setAttribute("aria-sort", seen.down ? "descending" : "ascending");
      else each.removeAttribute("aria-sort");
    });
    where.textContent = `${from + 1}–${Math.min(from + size, data.length)} of ${data.length}`;
    back.disabled = seen.page === 0;
    forth.disabled = from + size >= data.length;
  }

  function drawn(cell, column) {
    const kind = column === naming ? el("th", { scope: "row" }) : el("td");
    if (numeric[column]) kind.className = "number";
    kind.append(said(cell));
    return kind;
  }

  draw();
  const table = el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, heads)), body);
  const pages = data.length > size && el("div", { class: "pages", role: "group", "aria-label": `Pages of ${caption}` }, back, where, forth);
  return el("div", { class: "data-table" }, el("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": caption }, table), pages);
}

function head(name, numeric, sort) {
  return el("th", { scope: "col", class: numeric ? "number" : undefined }, el("button", { type: "button", click: sort }, name));
}
