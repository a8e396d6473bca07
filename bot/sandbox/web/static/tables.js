// Slack's data tables: sorted by a click on a column's name, and paged.

import { handlers } from "./actions.js";

handlers.sort = (button) => {
  const header = button.closest("th"), body = button.closest("table").tBodies[0];
  const isNumber = header.classList.contains("number");
  const descending = header.ariaSort ? header.ariaSort === "ascending" : isNumber; // large numbers first
  for (const cell of header.parentNode.cells) cell.ariaSort = null;
  header.ariaSort = descending ? "descending" : "ascending";
  const rank = ({ cells }) => cells[header.cellIndex].dataset[descending ? "down" : "up"];
  body.append(...[...body.rows].sort((one, other) => rank(one) - rank(other)));
  showPage(button.closest("table"), 0);
};

handlers.turn = (button) => {
  const table = button.parentNode.previousElementSibling.querySelector("table");
  const first = [...table.tBodies[0].rows].findIndex((row) => !row.hidden);
  showPage(table, first + button.dataset.by * table.dataset.size);
};

function showPage(table, start) {
  const rows = [...table.tBodies[0].rows];
  const end = start + Number(table.dataset.size);
  rows.forEach((row, n) => (row.hidden = n < start || n >= end));
  const pages = table.parentNode.nextElementSibling;
  if (!pages) return;
  const [previous, range, next] = pages.children;
  range.textContent = `${start + 1}–${Math.min(end, rows.length)} of ${rows.length}`;
  previous.disabled = start === 0;
  next.disabled = end >= rows.length;
}
