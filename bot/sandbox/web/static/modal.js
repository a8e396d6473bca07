// The bot's open modal; of several, the one on top.

import { handlers } from "./actions.js";
import { on, send } from "./events.js";
import { $, nodes } from "./trusted_html.js";

const MISSING = "Please complete this required field.";
const modal = $("modal");
let rendered = "", reported = {}; // the form, and the errors that were last sent

const inputs = () => [...modal.querySelectorAll("[data-block][name]")];
const valuesOf = ({ value }) => value.split(",").map((each) => each.trim()).filter(Boolean);
const sendForView = (action, fields) =>
  send(action, { view: modal.firstElementChild.dataset.view, ...fields }, $("modal-error"));

on("view", ({ html, errors }) => {
  if (html !== rendered) render(html); // otherwise what was filled in would be lost
  showErrors((reported = errors));
});

function render(html) {
  rendered = html;
  const { dataset, name } = document.activeElement;
  const focused = modal.contains(document.activeElement) && CSS.escape(dataset.action ?? name ?? "");
  modal.replaceChildren(nodes(html));
  if (html && !modal.open) modal.showModal();
  const again = focused && modal.querySelector(`[data-action="${focused}"], [name="${focused}"]`);
  if (html) (again || modal.querySelector("[name], .primary"))?.focus();
  else modal.close();
}

/** What is filled in, by action ID: a string, or the list of those that were chosen. */
handlers.values = () => {
  const values = {};
  for (const input of inputs()) {
    if (input.type === "checkbox") (values[input.name] ??= []).push(...(input.checked ? [input.value] : []));
    else values[input.name] = "several" in input.dataset ? valuesOf(input) : input.value;
  }
  return values;
};

/** Offer what the bot suggests for the text in a menu; of several, for the last one. */
async function suggest(input) {
  const { view } = modal.firstElementChild.dataset, text = input.value;
  const start = "several" in input.dataset ? text.lastIndexOf(",") + 1 : 0;
  const before = start ? `${text.slice(0, start)} ` : "", typed = text.slice(start).trim();
  const query = new URLSearchParams({ view, action: input.name, typed, before });
  const response = await fetch(`/suggestions?${query}`).catch(() => null);
  if (response?.ok && input.value === text) input.list?.replaceChildren(nodes(await response.text()));
}
for (const event of ["focusin", "input"]) {
  modal.addEventListener(event, ({ target }) => "suggest" in target.dataset && suggest(target));
}

/** Show the errors, by block, each at its input. */
function showErrors(errors) {
  for (const input of inputs()) {
    const error = errors[input.dataset.block] ?? "";
    $(`${input.dataset.field ?? input.id}-error`).textContent = error;
    input.ariaInvalid = String(Boolean(error));
  }
  inputs().find(({ ariaInvalid }) => ariaInvalid === "true")?.focus();
}

/** Whether a checkbox is of a group in which one must be checked, and none is. */
function isUnchecked({ dataset, name }) {
  return "required" in dataset && !inputs().some((other) => other.name === name && other.checked);
}

modal.addEventListener("close", () => (rendered = "")); // by a button, Escape or the server
handlers.closeModal = () => sendForView("close");
modal.addEventListener("cancel", (event) => (event.preventDefault(), handlers.closeModal())); // Escape
modal.addEventListener("submit", async (event) => {
  event.preventDefault();
  const missing = inputs().filter((input) => input.validity.valueMissing || isUnchecked(input));
  showErrors(Object.fromEntries(missing.map(({ dataset }) => [dataset.block, MISSING])));
  if (missing.length) return;
  event.submitter.disabled = true;
  await sendForView("submit", { values: handlers.values() });
  event.submitter.disabled = false;
  showErrors(reported); // the same ones aren't sent again
});
