// The bot's open modal; of several, the one on top.

import { handlers } from "./actions.js";
import { on, send } from "./events.js";
import { $, nodes } from "./trusted_html.js";

const MISSING = "Please complete this required field.";
const modal = $("modal");
let rendered = "";

const inputs = () => [...modal.querySelectorAll("[data-block][name]")];
const sendForView = (action, fields) =>
  send(action, { view: modal.firstElementChild.dataset.view, ...fields }, $("modal-error"));

on("view", ({ html, errors }) => {
  if (html !== rendered) render(html); // otherwise what was filled in would be lost
  showErrors(errors);
});

function render(html) {
  rendered = html;
  modal.replaceChildren(nodes(html));
  if (html && !modal.open) modal.showModal();
  if (html) modal.querySelector("[name], .primary")?.focus();
  else modal.close();
}

/** Show the errors, by block, each at its input. */
function showErrors(errors) {
  for (const input of inputs()) {
    const error = errors[input.dataset.block] ?? "";
    $(`${input.id}-error`).textContent = error;
    input.ariaInvalid = String(Boolean(error));
  }
  inputs().find(({ ariaInvalid }) => ariaInvalid === "true")?.focus();
}

modal.addEventListener("close", () => (rendered = "")); // by a button, Escape or the server
handlers.closeModal = () => sendForView("close");
modal.addEventListener("cancel", (event) => (event.preventDefault(), handlers.closeModal())); // Escape
modal.addEventListener("submit", async (event) => {
  event.preventDefault();
  const missing = inputs().filter(({ validity }) => validity.valueMissing);
  showErrors(Object.fromEntries(missing.map(({ dataset }) => [dataset.block, MISSING])));
  if (missing.length) return;
  event.submitter.disabled = true;
  await sendForView("submit", { values: Object.fromEntries(new FormData(event.target)) });
  event.submitter.disabled = false;
});
