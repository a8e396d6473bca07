// Slack's data tables: sorted by a press on a column's name, and shown a page at a time.

import { does } from "./acts.js";

const { compare } = new Intl.Collator("en", { numeric: true });

does.sort = (button) => {
  const head = button.closest("th"), body = button.closest("table").tBodies[0];
  const numbers = head.classList.contains("number");
  const down = head.ariaSort ? head.ariaSort === "ascending" : numbers; // what is large is looked for first
  for (const each of head.parentNode.cells) each.ariaSort = null;
  head.ariaSort = down ? "descending" : "ascending";
  const cell = (row) => row.cells[head.cellIndex];
  body.append(...[...body.rows].sort((one, other) => order(cell(one), cell(other), down ? -1 : 1)));
  page(button.closest("table"), 0);
};

does.turn = (button) => {
  const table = button.parentNode.previousElementSibling.querySelector("table");
  const first = [...table.tBodies[0].rows].findIndex((row) => !row.hidden);
  page(table, first + button.dataset.by * table.dataset.size);
};

/** Numbers by how much they are, all else as people count. What is no number among numbers comes last. */
function order(one, other, way) {
  const [left, right] = [one, other].map(({ dataset }) => dataset.value);
  if (left && right) return way * (left - right);
  if (left || right) return left ? -1 : 1;
  return way * compare(one.textContent, other.textContent);
}

function page(table, from) {
  const rows = [...table.tBodies[0].rows];
  const until = from + Number(table.dataset.size);
  rows.forEach((row, at) => (row.hidden = at < from || at >= until));
  const pages = table.parentNode.nextElementSibling;
  if (!pages) return;
  const [back, where, forth] = pages.children;
  where.textContent = `${from + 1}–${Math.min(until, rows.length)} of ${rows.length}`;
  back.disabled = from === 0;
  forth.disabled = until >= rows.length;
}
