// What is done by a press or a choice. An element says what it does; some of it is done in the workspace, some here.

import { $ } from "./fragments.js";
import { send } from "./news.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** What is done, by the name for it that stands on the element. */
export const does = {
  act,
  dismiss: (button) => send("dismiss", { message: button.closest("[data-ts]").dataset.ts }),
  open: (button) => shown(button.nextElementSibling),
  clear: (button) => button.parentNode.replaceChildren(),
  copy,
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-does]");
  does[button?.dataset.does]?.(button);
});
document.addEventListener("change", ({ target }) => does[target.dataset.chooses]?.(target));

/** Press a button of the bot's, or choose from a menu of its. */
async function act(element) {
  const sure = element.nextElementSibling;
  if (sure?.matches("template") && (await shown(sure)) !== "yes") return;
  const { ts: message, view } = element.closest("[data-ts], [data-view]").dataset;
  const { block, action } = element.dataset;
  element.ariaBusy = "true"; // it stays where the keyboard is
  await send("act", { message, view, block, action, option: element.value }, view && $("modal-trouble"));
  element.ariaBusy = null;
}

/** Show the dialog that waits in a template until a button closes it: told is what that button is worth. */
function shown(template) {
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
  getSelection().selectAllChildren(content); // for a browser that lets nobody copy it
  const copied = () => (dialog.querySelector("[role=status]").textContent = "Copied.");
  navigator.clipboard.writeText(content.textContent).then(copied, () => {});
}

/** In a chart, the arrows lead from value to value. */
document.addEventListener("keydown", (event) => {
  const mark = event.target.closest(".mark");
  if (!mark || !(event.key in STEPS)) return;
  event.preventDefault();
  const marks = [...mark.parentNode.querySelectorAll(".mark")];
  marks.at((marks.indexOf(mark) + STEPS[event.key]) % marks.length).focus();
});
