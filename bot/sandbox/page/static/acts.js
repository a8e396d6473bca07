// What is done by a press or a choice. A button says what it does; some of it is done in the workspace, some here.

import { $ } from "./fragments.js";
import { send } from "./news.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** What buttons do, by the name for it that stands on them. */
export const does = {
  act: (button) => act(button),
  dismiss: (button) => send("dismiss", { message: button.closest("[data-ts]").dataset.ts }),
  open: (button) => shown(button.nextElementSibling),
  clear: (button) => button.parentNode.replaceChildren(),
  copy: copied,
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-does]");
  does[button?.dataset.does]?.(button);
});
document.addEventListener("change", ({ target }) => target.matches(".menu") && act(target, target.value));

/** Press a button of the bot's, or choose from a menu of its. */
async function act(element, option) {
  const sure = element.nextElementSibling;
  if (sure?.matches("template") && (await shown(sure)) !== "yes") return;
  const { ts, view } = element.closest("[data-ts], [data-view]").dataset;
  const { block, action } = element.dataset;
  element.ariaBusy = "true"; // it stays where the keyboard is
  await send("act", { message: ts, view, block, action, option }, view && $("modal-trouble"));
  element.ariaBusy = null;
}

/** Show the dialog that waits in a template, until it is closed by one of its buttons: told is what that one is worth. */
function shown(template) {
  const dialog = document.body.appendChild(template.content.firstElementChild.cloneNode(true));
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    }),
  );
}

function copied(button) {
  const dialog = button.closest("dialog");
  const [content, said] = [dialog.querySelector(".content"), dialog.querySelector("[role=status]")];
  getSelection().selectAllChildren(content); // which is what a browser lets one do that lets nobody copy
  navigator.clipboard.writeText(content.textContent).then(() => (said.textContent = "Copied."));
}

/** In a chart, the arrows lead from value to value. */
document.addEventListener("keydown", (event) => {
  const mark = event.target.closest(".mark");
  if (!mark || !(event.key in STEPS)) return;
  event.preventDefault();
  const marks = [...mark.parentNode.querySelectorAll(".mark")];
  marks.at((marks.indexOf(mark) + STEPS[event.key]) % marks.length).focus();
});
