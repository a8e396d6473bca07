// Slack's data tables: sorted by a press on a column's name, and shown a page at a time.

import { does } from "./acts.js";

does.sort = (button) => {
  const head = button.closest("th"), body = button.closest("table").tBodies[0];
  const numbers = head.classList.contains("number");
  const down = head.ariaSort ? head.ariaSort === "ascending" : numbers; // what is large is looked for first
  for (const each of head.parentNode.cells) each.ariaSort = null;
  head.ariaSort = down ? "descending" : "ascending";
  const rank = ({ cells }) => cells[head.cellIndex].dataset[down ? "down" : "up"];
  body.append(...[...body.rows].sort((one, other) => rank(one) - rank(other)));
  page(button.closest("table"), 0);
};

does.turn = (button) => {
  const table = button.parentNode.previousElementSibling.querySelector("table");
  const first = [...table.tBodies[0].rows].findIndex((row) => !row.hidden);
  page(table, first + button.dataset.by * table.dataset.size);
};

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
