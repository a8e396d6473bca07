// Dialogs of the page's own: a question before a step, and texts to read or copy. The keys stay inside.

import { $, button, el, newId } from "./dom.js";
import { text } from "./mrkdwn.js";

/** A press on a button that does nothing else closes it, and *closed* is told that button's value. */
function shown(title, inside, buttons, closed) {
  const id = newId();
  const form = el("form", { method: "dialog", class: "buttons" }, buttons);
  const heading = el("h2", { id }, title);
  const dialog = el("dialog", { class: "dialog", "aria-labelledby": id }, heading, inside, form);
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed?.(dialog.returnValue);
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** Slack's `confirm`, before something is pressed. */
export function confirmed({ title, text: body, confirm, deny, style }) {
  const no = el("button", {}, text(deny) || "No");
  const yes = el("button", { class: style ?? "primary", value: "yes" }, text(confirm) || "Yes");
  const inside = el("div", { class: "mrkdwn" }, text(body));
  return new Promise((resolve) => {
    shown(text(title) || "Are you sure?", inside, [no, yes], (value) => resolve(value === "yes"));
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
  const close = el("button", { class: "primary" }, "Close");
  shown(title, [el("p", {}, about), body], [said, button("Copy", copy), close]);
}

/** Something went wrong, in a sentence; nothing takes it away. */
export function trouble(sentence) {
  $("trouble").hidden = !sentence;
  $("trouble").textContent = sentence;
}
