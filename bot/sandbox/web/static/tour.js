// The tour: steps in the welcome, which move into a bar of their own with the first one, to stay in view.

import { handlers } from "./actions.js";
import { on, send } from "./events.js";
import { $ } from "./trusted_html.js";

const SERVICE = "LaunchDarkly";
const steps = $("tour"), bar = $("tour-bar"), home = steps?.parentNode;
const breaking = steps?.querySelector("[data-fault]");
let isBroken = false;

handlers.tour = async (button) => {
  bar.prepend(steps);
  bar.hidden = false;
  button.focus();
  const { fault, skip, line } = button.dataset, isDone = !fault || isBroken; // what is broken has to be repaired
  button.ariaBusy = "true";
  if (fault) await send("fault", { service: SERVICE, name: isBroken ? breaking.dataset.fair : fault });
  if (skip) await send(skip);
  if (line) await handlers.submit(button);
  button.ariaBusy = null;
  button.parentNode.classList.toggle("done", isDone);
  steps.querySelector("li:not(.done)")?.scrollIntoView({ block: "nearest" });
};
handlers.endTour = () => {
  home.append(steps);
  bar.hidden = true;
  $("line").focus();
};
on("demo_bar", ({ faults }) => {
  if (!breaking) return;
  isBroken = faults[SERVICE] === breaking.dataset.fault;
  breaking.textContent = isBroken ? breaking.dataset.repair : breaking.dataset.break;
});
