// The modal that the bot has opened; of several, the one on top.

import { does } from "./acts.js";
import { $, nodes } from "./fragments.js";
import { on, send } from "./news.js";

const MISSING = "Please complete this required field.";
const modal = $("modal");
let drawn = "";

const inputs = () => [...modal.querySelectorAll("[data-block][name]")];
const deed = (name, said) =>
  send(name, { view: modal.firstElementChild.dataset.view, ...said }, $("modal-trouble"));

on("view", ({ html, errors }) => {
  if (html !== drawn) draw(html); // or else what was filled in would be lost
  fault(errors);
});

function draw(html) {
  drawn = html;
  modal.replaceChildren(nodes(html));
  if (html && !modal.open) modal.showModal();
  if (html) modal.querySelector("[name], .primary")?.focus();
  else modal.close();
}

/** Sentences by block, each shown at its input. */
function fault(sentences) {
  for (const input of inputs()) {
    const sentence = sentences[input.dataset.block] ?? "";
    $(`${input.id}-fault`).textContent = sentence;
    input.ariaInvalid = String(Boolean(sentence));
  }
  inputs().find(({ ariaInvalid }) => ariaInvalid === "true")?.focus();
}

modal.addEventListener("close", () => (drawn = "")); // whoever closed it
does.leave = () => deed("close");
modal.addEventListener("cancel", (event) => (event.preventDefault(), does.leave())); // Escape
modal.addEventListener("submit", async (event) => {
  event.preventDefault();
  const missing = inputs().filter(({ validity }) => validity.valueMissing);
  fault(Object.fromEntries(missing.map(({ dataset }) => [dataset.block, MISSING])));
  if (missing.length) return;
  event.submitter.disabled = true;
  await deed("submit", { values: Object.fromEntries(new FormData(event.target)) });
  event.submitter.disabled = false;
});
