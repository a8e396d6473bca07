// The modal that the bot has opened; of several, the one on top. It lives in the workspace: here it is only drawn.

import { blocks } from "./blocks.js";
import { el } from "./dom.js";
import { input } from "./form.js";
import { text } from "./mrkdwn.js";
import { on, send, told } from "./store.js";

const MISSING = "Please complete this required field.";

const dialog = el("dialog", { class: "dialog modal", "aria-labelledby": "modal-is" });
document.body.append(dialog);
let shown = "", inputs = [], trouble = null;

on("views", () => {
  const view = told.views.at(-1);
  if (!view) return close();
  if (shown !== `${view.id} ${view.body.hash}`) draw(view);
  for (const each of inputs) each.fault(view.errors[each.block] ?? "");
  inputs.find(({ block }) => view.errors[block])?.focus();
});

function close() {
  shown = "";
  if (dialog.open) dialog.close();
  if (document.activeElement === document.body) document.getElementById("line").focus();
}

function draw({ id, body }) {
  shown = `${id} ${body.hash}`;
  inputs = [];
  trouble = el("p", { class: "fault", role: "alert" });
  const act = async (done) => fault(await send("act", { view: id, ...done }));
  const one = (block, _, at) => {
    inputs.push(input(block, at));
    return inputs.at(-1).node;
  };
  const leave = async () => fault(await send("close", { view: id }));
  const submit = body.submit && el("button", { type: "submit", class: "primary" }, text(body.submit));
  const form = el(
    "form",
    { novalidate: true, submit: (event) => (event.preventDefault(), post(id, submit)) },
    el("div", { class: "title" }, el("h2", { id: "modal-is" }, text(body.title)), el("button", { type: "button", class: "quiet", "aria-label": "Close", click: leave }, "✕")),
    el("div", { class: "inside" }, blocks(body.blocks, act, { input: one })),
    trouble,
    el("div", { class: "buttons" }, el("button", { type: "button", click: leave }, text(body.close) || "Cancel"), submit),
  );
  dialog.oncancel = (event) => (event.preventDefault(), leave()); // Escape
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("[autofocus]") ?? inputs[0] ?? submit ?? dialog).focus();
}

function fault(sentence) {
  if (trouble) trouble.textContent = sentence;
}

async function post(view, submit) {
  const missing = inputs.filter(({ optional, value }) => !optional && !value());
  for (const each of inputs) each.fault(missing.includes(each) ? MISSING : "");
  if (missing.length) return missing[0].focus();
  submit.disabled = true;
  const values = Object.fromEntries(inputs.map(({ action, value }) => [action, value()]));
  fault(await send("submit", { view, values }));
  submit.disabled = false;
}
