// The modal that the bot has opened; of several, the one on top. Here it is only drawn.

import { blocks } from "./blocks.js";
import { $, button, el } from "./dom.js";
import { input } from "./input.js";
import { text } from "./mrkdwn.js";
import { on, send, told } from "./store.js";

const MISSING = "Please complete this required field.";

const dialog = el("dialog", { class: "dialog modal", "aria-labelledby": "modal-is" });
document.body.append(dialog);
let shown = "", inputs = [];

on("views", () => {
  const view = told.views.at(-1);
  if (!view) return close();
  if (shown !== `${view.id} ${view.body.hash}`) draw(view);
  fault(view.errors);
});

function close() {
  shown = "";
  dialog.close();
  if (document.activeElement === document.body) $("line").focus();
}

/** Sentences by block, each shown at its input. */
function fault(sentences) {
  for (const each of inputs) each.fault(sentences[each.block] ?? "");
  inputs.find(({ block }) => sentences[block])?.focus();
}

function draw({ id, body }) {
  shown = `${id} ${body.hash}`;
  inputs = [];
  const trouble = el("p", { class: "fault", role: "alert" });
  const sent = async (deed, said) => (trouble.textContent = await send(deed, { view: id, ...said }));
  const leave = () => sent("close");
  const one = (block, _, at) => {
    inputs.push(input(block, at));
    return inputs.at(-1).node;
  };
  const submit = body.submit && el("button", { class: "primary" }, text(body.submit));
  const post = async (event) => {
    event.preventDefault();
    const missing = inputs.filter(({ optional, value }) => !optional && !value());
    fault(Object.fromEntries(missing.map(({ block }) => [block, MISSING])));
    if (missing.length) return;
    submit.disabled = true;
    const values = Object.fromEntries(inputs.map(({ action, value }) => [action, value()]));
    await sent("submit", { values });
    submit.disabled = false;
  };
  dialog.oncancel = (event) => (event.preventDefault(), leave()); // Escape
  const form = el("form", { novalidate: true, submit: post }, [
    el("div", { class: "title" }, el("h2", { id: "modal-is" }, text(body.title)), cross(leave)),
    el("div", { class: "inside" }, blocks(body.blocks, (done) => sent("act", done), { input: one })),
    trouble,
    el("div", { class: "buttons" }, button(text(body.close) || "Cancel", leave), submit),
  ]);
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  (inputs[0] ?? submit ?? dialog).focus();
}

const cross = (leave) => button("✕", leave, { class: "quiet", "aria-label": "Close" });
