// The bar at the top: the demo's clock and faults, the switch for charts, and the color scheme.

import { handlers } from "./actions.js";
import { fullDate, now } from "./dates.js";
import { on, send } from "./events.js";
import { $, nodes } from "./trusted_html.js";

const AWAY = "The demo isn't responding. This page reconnects when it does.";
let status = "";
const menus = document.querySelectorAll("[data-service]");

on("demo_bar", ({ faults, charts }) => {
  for (const menu of menus) menu.value = faults[menu.dataset.service];
  $("no-charts").checked = !charts;
});
on("status", (html) => {
  if (html !== status) $("status").replaceChildren(nodes(html)); // otherwise a dismissed status would return
  status = html;
});
on("disconnected", () => ($("error").textContent = AWAY));
on("reset", () => ($("error").textContent = ""));

function tick() {
  $("clock").dateTime = now().toISOString();
  $("clock").textContent = fullDate(now());
}
setInterval(tick, 1000);
on("now", tick);

handlers.skip = ({ dataset }) => send(dataset.skip);
handlers.fault = ({ dataset, value }) => send("fault", { service: dataset.service, name: value });
handlers.charts = ({ checked }) => send("charts", { on: !checked });
handlers.theme = ({ value }) => localStorage.setItem("theme", value); // page.css does the rest
$("theme").value = localStorage.getItem("theme") ?? "";
