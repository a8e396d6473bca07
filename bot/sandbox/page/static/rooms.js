// The channels at the left, and which of them have something new.

import { go } from "./channel.js";
import { $, button, el } from "./dom.js";
import { on, place, told } from "./store.js";

const toggle = document.querySelector(".rooms-toggle");
const unread = new Set();

function draw() {
  if (!told.whole) return;
  const { channels } = told.workspace;
  if (!channels.some(({ id }) => id === place.channel)) return go(first());
  const talks = channels.filter(({ conversation }) => conversation);
  $("channels").replaceChildren(...channels.filter(({ conversation }) => !conversation).map(room));
  $("conversations").replaceChildren(...talks.map(room));
  $("conversations").hidden = $("conversations-are").hidden = !talks.length;
}

/** The one in the address; or else one in which something was said. */
function first() {
  const { channels } = told.workspace;
  const spoken = new Set([...told.messages.values()].map(({ channel }) => channel));
  const named = channels.find(({ id }) => `#${id}` === location.hash);
  return (named ?? channels.find(({ id }) => spoken.has(id)) ?? channels[0]).id;
}

function room({ id, name, sign }) {
  const isNew = unread.has(id);
  const its = el("span", { class: "sign", "aria-hidden": "true" }, sign);
  const label = [its, name, isNew && el("span", { class: "unseen" }, " (something new)")];
  const given = { class: isNew && "unread", "aria-current": id === place.channel && "page" };
  return el("li", {}, button(label, () => enter(id), given));
}

function enter(id) {
  go(id);
  show(false);
  $("line").focus();
}

/** On a phone they are shown only when one asks for them. */
function show(open) {
  document.body.classList.toggle("rooms-open", open);
  toggle.setAttribute("aria-expanded", String(open));
}

on("messages", (messages) => {
  const isNew = ({ channel, user }) => told.whole && channel !== place.channel && user !== told.workspace.me;
  messages.filter(isNew).forEach(({ channel }) => unread.add(channel));
});
on("place", () => unread.delete(place.channel));
on("whole messages workspace place", draw);
toggle.addEventListener("click", () => show(!document.body.classList.contains("rooms-open")));
$("rooms").addEventListener("keydown", (event) => event.key === "Escape" && show(false));
document.querySelector("main").addEventListener("pointerdown", () => show(false));
addEventListener("hashchange", () => told.whole && go(first()));
