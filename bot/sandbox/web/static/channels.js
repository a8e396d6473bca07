// The current channel, as in the URL: `#C1`, with a thread `#C1/1795…`, or at a message `#C1/thread or none/1795…`.
// Channels and threads are links to it, so that Back and Forward work too.

import { emit, on } from "./events.js";
import { $, nodes } from "./trusted_html.js";

export const HOME = "home"; // the app's Home tab is opened like a channel
export const current = { channel: "", thread: "", message: "", archived: false };

const unread = new Set();
let rendered = "";
const links = () => [...$("channels").querySelectorAll("a")];
const linkTo = (id) => links().find(({ hash }) => hash === `#${id}`);

function navigate() {
  const [id, thread = "", message = ""] = location.hash.slice(1).split("/");
  const link = linkTo(id) ?? linkTo(document.body.dataset.home), channel = link.hash.slice(1);
  const previous = { ...current };
  Object.assign(current, { channel, thread, message, archived: "archived" in link.dataset });
  for (const name of ["title", "about"]) $(name).textContent = link.dataset[name];
  $("line").placeholder = link.dataset.placeholder;
  $("home").hidden = channel !== HOME;
  $("log").hidden = $("composer-area").hidden = channel === HOME;
  unread.delete(channel);
  markLinks();
  emit("navigate", previous);
}

function markLinks() {
  for (const link of links()) {
    const id = link.hash.slice(1);
    link.ariaCurrent = id === current.channel ? "page" : null;
    link.classList.toggle("unread", unread.has(id));
  }
}

on("unread", (id) => {
  unread.add(id);
  markLinks();
});
on("channels", (html) => {
  if (html === rendered) return;
  const focused = links().find((link) => link === document.activeElement);
  rendered = html;
  $("channels").replaceChildren(nodes(html));
  navigate();
  if (focused) linkTo(focused.hash.slice(1))?.focus();
});
addEventListener("DOMContentLoaded", navigate); // when all listeners have been added
// Unlike hashchange, popstate fires before anything can be typed.
addEventListener("popstate", () => {
  $("sidebar").hidePopover(); // on a phone, it is shown only on request
  navigate();
});
