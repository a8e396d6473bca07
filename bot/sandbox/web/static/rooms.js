// Where one is, which the address says: `#C1`, with a thread `#C1/1795…`, or at a message `#C1/thread or none/1795…`.
// Channels and threads are links to it, so that Back and Forward lead there too.

import { $, nodes } from "./fragments.js";
import { on, tell } from "./news.js";

export const place = { channel: "", thread: "", message: "", archived: false };

const unread = new Set();
let drawn = "";
const links = () => [...$("channels").querySelectorAll("a")];
const to = (id) => links().find(({ hash }) => hash === `#${id}`);

function arrive() {
  const [id, thread = "", message = ""] = location.hash.slice(1).split("/");
  const link = to(id) ?? to(document.body.dataset.home), channel = link.hash.slice(1);
  const from = { ...place };
  Object.assign(place, { channel, thread, message, archived: "archived" in link.dataset });
  for (const name of ["title", "about"]) $(name).textContent = link.dataset[name];
  $("line").placeholder = link.dataset.placeholder;
  unread.delete(channel);
  mark();
  tell("place", from);
}

function mark() {
  for (const link of links()) {
    const id = link.hash.slice(1);
    link.ariaCurrent = id === place.channel ? "page" : null;
    link.classList.toggle("unread", unread.has(id));
  }
}

on("unread", (id) => {
  unread.add(id);
  mark();
});
on("rooms", (html) => {
  if (html === drawn) return;
  const focused = links().find((link) => link === document.activeElement);
  drawn = html;
  $("channels").replaceChildren(nodes(html));
  arrive();
  if (focused) to(focused.hash.slice(1))?.focus();
});
addEventListener("hashchange", () => {
  $("rooms").hidePopover(); // on a phone they are shown only when one asks for them
  arrive();
});
