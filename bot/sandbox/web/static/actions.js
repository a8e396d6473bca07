// What a click or a choice does: `data-click` and `data-change` name a handler. Some act in the workspace, some here.

import { send } from "./events.js";
import { $ } from "./trusted_html.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** The handlers by name. */
export const handlers = {
  act,
  dismiss: (button) => send("dismiss", { message: button.closest("[data-ts]").dataset.ts }),
  open: (button) => showDialog(button.nextElementSibling),
  clear: (button) => button.parentNode.replaceChildren(),
  copy,
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-click]");
  handlers[button?.dataset.click]?.(button);
});
document.addEventListener("change", ({ target }) => handlers[target.dataset.change]?.(target));

/** Press a button of the bot, or select an option of one of its menus. */
async function act(element) {
  const confirm = element.nextElementSibling;
  if (confirm?.matches("template") && (await showDialog(confirm)) !== "yes") return;
  const { ts: message, view } = element.closest("[data-ts], [data-view]").dataset;
  const { block, action } = element.dataset;
  element.ariaBusy = "true"; // it keeps the focus
  const errorNode = element.closest("#home") ? $("home-error") : view && $("modal-error");
  const values = view && handlers.values(); // what is filled in so far
  await send("act", { message, view, block, action, option: element.value, values }, errorNode);
  element.ariaBusy = null;
}

/** Show a dialog from a template until a button closes it; return that button's value. */
function showDialog(template) {
  const dialog = document.body.appendChild(template.content.firstElementChild.cloneNode(true));
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}

function copy(button) {
  const dialog = button.closest("dialog"), content = dialog.querySelector(".content");
  getSelection().selectAllChildren(content); // for a browser that allows no access to the clipboard
  const confirmCopy = () => (dialog.querySelector("[role=status]").textContent = "Copied.");
  navigator.clipboard.writeText(content.textContent).then(confirmCopy, () => {});
}

/** In a chart, the arrow keys move from value to value. */
document.addEventListener("keydown", (event) => {
  const mark = event.target.closest(".mark");
  if (!mark || !(event.key in STEPS)) return;
  event.preventDefault();
  const marks = [...mark.parentNode.querySelectorAll(".mark")];
  marks.at((marks.indexOf(mark) + STEPS[event.key]) % marks.length).focus();
});
