// The bar at the top: the demo's clock and weather, the switch for charts, and light or dark.

import { does } from "./acts.js";
import { now, whole } from "./dates.js";
import { $, nodes } from "./fragments.js";
import { on, send } from "./news.js";

const AWAY = "The demo does not answer. This page waits until it does.";
let told = "";
const menus = document.querySelectorAll("[data-where]");

on("stage", ({ weather, charts }) => {
  for (const menu of menus) menu.value = weather[menu.dataset.where];
  $("plain").checked = !charts;
});
on("told", (html) => {
  if (html !== told) $("told").replaceChildren(nodes(html)); // or else what was put away would be back
  told = html;
});
on("cut", () => ($("trouble").textContent = AWAY));
on("fresh", () => ($("trouble").textContent = ""));

function tick() {
  $("clock").dateTime = now().toISOString();
  $("clock").textContent = whole(now());
}
setInterval(tick, 1000);
on("now", tick);

does.travel = ({ dataset }) => send(dataset.deed);
does.weather = ({ dataset, value }) => send("weather", { where: dataset.where, name: value });
does.charts = ({ checked }) => send("charts", { on: !checked });
does.theme = ({ value }) => localStorage.setItem("theme", value); // page.css does the rest
$("theme").value = localStorage.getItem("theme") ?? "";
