// The channels at the left, and which of them have something new.

import { go } from "./channel.js";
import { $, el } from "./dom.js";
import { on, place, told } from "./store.js";

const unread = new Set();
let settled = false; // what is there at first is not new

function draw() {
  const { channels } = told.workspace;
  if (!channels.some(({ id }) => id === place.channel)) go(first(channels));
  const talks = channels.filter(({ conversation }) => conversation);
  $("channels").replaceChildren(...channels.filter(({ conversation }) => !conversation).map(room));
  $("conversations").replaceChildren(...talks.map(room));
  $("conversations").hidden = $("conversations-are").hidden = !talks.length;
}

/** The one in the address; or else one in which something was said. */
function first(channels) {
  const named = channels.find(({ id }) => `#${id}` === location.hash);
  const said = channels.find(({ id }) => [...told.messages.values()].some(({ channel }) => channel === id));
  return (named ?? said ?? channels[0]).id;
}

function room({ id, name, private: closed, archived, conversation }) {
  const sign = conversation ? "●" : archived ? "🗄" : closed ? "🔒" : "#";
  const here = id === place.channel;
  return el(
    "li",
    {},
    el("button", { type: "button", class: unread.has(id) ? "unread" : undefined, "aria-current": here ? "page" : undefined, click: () => enter(id) }, el("span", { class: "sign", "aria-hidden": "true" }, sign), name, unread.has(id) && el("span", { class: "unseen" }, " (something new)")),
  );
}

function enter(id) {
  go(id);
  show(false);
  $("line").focus();
}

function show(open) {
  document.body.classList.toggle("rooms-open", open);
  document.querySelector(".rooms-toggle").setAttribute("aria-expanded", String(open));
}

on("messages", (messages) => {
  if (settled) messages.filter(({ channel, user }) => channel !== place.channel && user !== told.workspace.me).forEach(({ channel }) => unread.add(channel));
  draw();
});
on("fresh", () => (settled = false));
on("workspace", () => told.messages.size && draw());
on("whole", () => {
  settled = true;
  if (!place.channel) draw();
});
on("place", () => {
  unread.delete(place.channel);
  draw();
});
document.querySelector(".rooms-toggle").addEventListener("click", () => show(!document.body.classList.contains("rooms-open")));
$("rooms").addEventListener("keydown", (event) => event.key === "Escape" && show(false));
document.querySelector("main").addEventListener("pointerdown", () => show(false));
addEventListener("hashchange", () => told.workspace && go(first(told.workspace.channels)));
