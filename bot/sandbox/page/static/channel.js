// The channel in the middle, and beside it a thread.

import { today } from "./dates.js";
import { $ } from "./dom.js";
import { article } from "./message.js";
import { Log } from "./log.js";
import { changed, messagesOf, on, place, repliesTo, told } from "./store.js";

const log = new Log($("log"), (message) => ({ look: [message, repliesTo(message).length, today()], make: () => article(message, openThread) }), [$("welcome")]);
const replies = new Log($("replies"), (message) => ({ look: [message, today()], make: () => article(message, null) }));
let opener = null;
log.visited = sessionStorage.getItem("visited") === "yes"; // who has just come sees the beginning

function openThread(ts) {
  opener = document.activeElement;
  place.thread = ts;
  $("thread").hidden = false;
  draw();
  $("thread-close").focus();
}

export function closeThread() {
  if (!place.thread) return;
  place.thread = null;
  $("thread").hidden = true;
  (opener?.isConnected ? opener : $("line")).focus();
}

export function channel() {
  return told.workspace?.channels.find(({ id }) => id === place.channel);
}

function draw() {
  const here = channel();
  if (!here) return;
  $("title").textContent = here.conversation ? here.name : `${here.private ? "🔒" : "#"} ${here.name}`;
  $("about").textContent = about(here);
  log.show(here.id, messagesOf(here.id));
  if (!place.thread) return;
  const thread = messagesOf(here.id, place.thread);
  if (thread.length) replies.show(place.thread, thread);
  else closeThread();
}

function about({ member, archived, shared, conversation }) {
  if (archived) return "Archived";
  if (!member) return "Insights is not in this channel: /invite brings it in";
  if (shared) return "Shared with Quayside Partners";
  return conversation ? "Between you and the app" : "";
}

for (const name of ["messages", "gone", "workspace", "place", "stage"]) on(name, draw);
$("thread-close").addEventListener("click", closeThread);
$("thread").addEventListener("keydown", (event) => event.key === "Escape" && closeThread());

export function go(id) {
  if (place.channel === id) return;
  closeThread();
  place.channel = id;
  history.replaceState(null, "", `#${id}`);
  changed("place");
  log.visited = true;
}
