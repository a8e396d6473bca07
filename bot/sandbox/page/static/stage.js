// The bar at the top: the demo's clock and weather, the switch for charts, and light or dark.

import { does } from "./acts.js";
import { now, whole } from "./dates.js";
import { $, nodes } from "./fragments.js";
import { on, send } from "./news.js";

const AWAY = "The demo does not answer. This page waits until it does.";
const REMEMBERED = "The workspace takes charts again. The bot may remember for a week that it did not.";
const journeys = [...document.querySelectorAll("[data-deed]")];
const menus = [...document.querySelectorAll("[data-where]")];
const [more, plain, clock, theme, trouble] = ["more-toggle", "plain", "clock", "theme", "trouble"].map($);

on("stage", ({ weather, charts, busy }) => {
  for (const menu of menus) menu.value = weather[menu.dataset.where];
  more.classList.toggle("foul", menus.some((menu) => menu.selectedIndex > 0));
  plain.checked = !charts;
  for (const journey of journeys) journey.ariaDisabled = String(busy); // the keyboard may stay there
});
on("now", tick);
on("told", (html) => $("told").replaceChildren(nodes(html)));
on("cut", () => (trouble.textContent = AWAY));
on("fresh", () => (trouble.textContent = ""));

function tick() {
  clock.dateTime = now().toISOString();
  clock.textContent = whole(now());
}
setInterval(tick, 1000);

does.travel = ({ ariaDisabled, dataset }) => ariaDisabled === "true" || send(dataset.deed);
plain.onchange = async () => {
  await send("charts", { on: !plain.checked });
  if (!plain.checked) trouble.textContent ||= REMEMBERED;
};
for (const menu of menus) {
  menu.onchange = () => send("weather", { where: menu.dataset.where, name: menu.value });
}

theme.value = localStorage.getItem("theme") ?? ""; // page.css does the rest
theme.onchange = () => localStorage.setItem("theme", theme.value);
