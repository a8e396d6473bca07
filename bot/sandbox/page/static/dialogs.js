// Dialogs of the page's own: a question before a step, and texts to read or copy. The browser keeps the keys inside.

import { $, el, newId } from "./dom.js";
import { text } from "./mrkdwn.js";

function shown(title, inside, ...buttons) {
  const name = newId("dialog");
  const dialog = el("dialog", { class: "dialog", "aria-labelledby": name }, el("h2", { id: name }, title), inside, el("div", { class: "buttons" }, buttons));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

const button = (label, look, click) => el("button", { type: "button", class: look, click }, label);

/** Slack's `confirm`, before something is pressed. */
export function confirmed({ title, text: body, confirm, deny, style }) {
  return new Promise((resolve) => {
    const dialog = shown(
      text(title) || "Are you sure?",
      el("div", { class: "mrkdwn" }, text(body)),
      button(text(deny) || "No", "", () => dialog.close()),
      button(text(confirm) || "Yes", style === "danger" ? "danger" : "primary", () => dialog.close("yes")),
    );
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
  });
}

/** A text to be read or copied. */
export function texted(title, about, content) {
  const said = el("span", { role: "status" });
  const body = el("pre", { class: "content", tabindex: "0", role: "region", "aria-label": title }, content);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(content);
      said.textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(body);
      said.textContent = "Selected; this browser lets nobody copy it for you.";
    }
  };
  const dialog = shown(title, [el("p", {}, about), body], said, button("Copy", "", copy), button("Close", "primary", () => dialog.close()));
}

/** Something went wrong, in a sentence; nothing takes it away. */
export function trouble(sentence) {
  $("trouble").hidden = !sentence;
  $("trouble").textContent = sentence;
}
