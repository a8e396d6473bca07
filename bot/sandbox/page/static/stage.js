// The bar at the top: the demo's clock and weather, the switch for charts, and light or dark.

import { time, whole } from "./dates.js";
import { texted, trouble } from "./dialogs.js";
import { $ } from "./dom.js";
import { now, on, send, told } from "./store.js";

const buttons = [...document.querySelectorAll("[data-deed]")];
const menus = [...document.querySelectorAll("[data-where]")];
const more = document.querySelector(".more-toggle");
const REMEMBERED = "The workspace takes charts again. The bot may remember for a week that it did not.";

on("stage", (stage) => {
  for (const menu of menus) menu.value = stage.weather[menu.dataset.where];
  more.classList.toggle("foul", menus.some((menu) => menu.selectedIndex > 0));
  $("plain").checked = !stage.charts;
  buttons.forEach((button) => button.setAttribute("aria-disabled", String(Boolean(stage.busy)))); // the keyboard may stay there
  said([stage.busy, stage.said.at(-1), stage.failed].filter(Boolean).join(" "), stage);
  tick();
});
on("connection", (there) => trouble(there ? "" : "The demo does not answer. This page waits until it does."));

function said(sentence, { busy, said: all }) {
  const [line, whole] = $("told").children;
  $("told").hidden = !sentence;
  $("told").classList.toggle("busy", Boolean(busy));
  line.textContent = sentence;
  whole.hidden = all.length < 2;
  whole.onclick = () => texted("What happened", "On this journey, the oldest first.", all.join("\n"));
}

function tick() {
  const date = new Date(now());
  $("clock").dateTime = date.toISOString();
  $("clock").textContent = whole(date);
  $("clock").title = `The demo's time, in your zone: ${time(date)}`;
}
setInterval(() => told.stage && tick(), 1000);

for (const button of buttons) {
  button.addEventListener("click", async () => {
    if (!told.stage?.busy) trouble(await send(button.dataset.deed));
  });
}
for (const menu of menus) {
  menu.addEventListener("change", async () => trouble(await send("weather", { where: menu.dataset.where, name: menu.value })));
}
$("plain").addEventListener("change", async () => {
  trouble((await send("charts", { on: !$("plain").checked })) || ($("plain").checked ? "" : REMEMBERED));
});

more.addEventListener("click", () => {
  const open = document.body.classList.toggle("more-open");
  more.setAttribute("aria-expanded", String(open));
});

const LOOKS = ["", "light", "dark"];
const SIGNS = { "": "◐", light: "☀", dark: "☾" }, NAMES = { "": "as the system has it", light: "light", dark: "dark" };
function look(name) {
  document.documentElement.dataset.theme = name;
  $("theme").textContent = SIGNS[name];
  $("theme").title = `Light or dark: ${NAMES[name]}`;
  $("theme").setAttribute("aria-label", $("theme").title);
  localStorage.setItem("theme", name);
}
look(LOOKS.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "");
$("theme").addEventListener("click", () => look(LOOKS[(LOOKS.indexOf(document.documentElement.dataset.theme) + 1) % LOOKS.length]));
