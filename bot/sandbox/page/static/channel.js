// The channel in the middle, and beside it a thread.

import { today } from "./dates.js";
import { $ } from "./dom.js";
import { column } from "./log.js";
import { article, repliesTo } from "./message.js";
import { changed, channelOf, messagesOf, on, place, told } from "./store.js";

const look = (message) => `${JSON.stringify(message)} ${repliesTo(message)} ${today()}`;
const log = column($("log"), look, (message) => article(message, openThread), [$("welcome")]);
const replies = column($("replies"), look, (message) => article(message, null));
let opener = null;

function draw() {
  const here = channelOf(place.channel);
  if (!here || !told.whole) return;
  $("title").textContent = here.title;
  $("about").textContent = here.about;
  log(here.id, messagesOf(here.id), sessionStorage.getItem("visited")); // who is new sees the beginning
  const thread = place.thread ? messagesOf(here.id, place.thread) : [];
  if (thread.length) replies(place.thread, thread, false);
  else closeThread();
}

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

export function go(id) {
  if (place.channel === id) return;
  closeThread();
  if (place.channel) sessionStorage.setItem("visited", "yes");
  place.channel = id;
  history.replaceState(null, "", `#${id}`);
  changed("place");
}

on("whole messages gone workspace place stage", draw);
$("thread-close").addEventListener("click", closeThread);
$("thread").addEventListener("keydown", (event) => event.key === "Escape" && closeThread());
