// The bar at the top: the demo's clock and weather, the switch for charts, and light or dark.

import { time, whole } from "./dates.js";
import { texted, trouble } from "./dialogs.js";
import { $ } from "./dom.js";
import { now, on, send, told } from "./store.js";

const journeys = [...document.querySelectorAll("[data-deed]")];
const menus = [...document.querySelectorAll("[data-where]")];
const more = document.querySelector(".more-toggle");
const [sentence, all] = $("told").children;
const plain = $("plain"), clock = $("clock"), theme = $("theme");
const AWAY = "The demo does not answer. This page waits until it does.";
const REMEMBERED = "The workspace takes charts again. The bot may remember for a week that it did not.";

on("stage", ({ weather, charts, busy, said, failed }) => {
  for (const menu of menus) menu.value = weather[menu.dataset.where];
  more.classList.toggle("foul", menus.some((menu) => menu.selectedIndex > 0));
  plain.checked = !charts;
  for (const journey of journeys) journey.ariaDisabled = String(Boolean(busy)); // the keyboard may stay there
  sentence.textContent = [busy, said.at(-1), failed].filter(Boolean).join(" ");
  $("told").hidden = !sentence.textContent;
  $("told").classList.toggle("busy", Boolean(busy));
  all.hidden = said.length < 2;
  tick();
});
on("cut", () => trouble(AWAY));
on("fresh", () => trouble(""));

function tick() {
  if (!told.stage) return;
  clock.dateTime = new Date(now()).toISOString();
  clock.textContent = whole(now());
  clock.title = `The demo's time, in your zone: ${time(now())}`;
}
setInterval(tick, 1000);

all.onclick = () => texted("What happened", "On this journey, the oldest first.", told.stage.said.join("\n"));
more.onclick = () => more.setAttribute("aria-expanded", String(document.body.classList.toggle("more-open")));
plain.onchange = async () => {
  trouble((await send("charts", { on: !plain.checked })) || (plain.checked ? "" : REMEMBERED));
};
for (const journey of journeys) {
  journey.onclick = async () => told.stage.busy || trouble(await send(journey.dataset.deed));
}
for (const menu of menus) {
  menu.onchange = async () => trouble(await send("weather", { where: menu.dataset.where, name: menu.value }));
}

const LOOKS = [["", "◐", "as the system has it"], ["light", "☀", "light"], ["dark", "☾", "dark"]];
let look = Math.max(0, LOOKS.findIndex(([name]) => name === localStorage.getItem("theme")));
function dress(its) {
  look = its % LOOKS.length;
  const [name, sign, says] = LOOKS[look];
  document.documentElement.dataset.theme = name;
  localStorage.setItem("theme", name);
  theme.textContent = sign;
  theme.title = theme.ariaLabel = `Light or dark: ${says}`;
}
dress(look);
theme.onclick = () => dress(look + 1);
