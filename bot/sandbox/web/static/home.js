// The app's Home tab, in place of the messages: opened like a channel, and shown as the app publishes it.

import { HOME, current } from "./channels.js";
import { formatDates } from "./dates.js";
import { on, send } from "./events.js";
import { $, nodes } from "./trusted_html.js";

const EMPTY = "The app hasn't published its Home tab yet.";
const home = $("home"), content = $("home-content");

on("navigate", (previous) => {
  if (current.channel !== HOME || previous.channel === HOME) return;
  home.scrollTop = 0;
  home.focus({ preventScroll: true });
  send("home", {}, $("home-error"));
});

on("home", (html) => {
  const refocus = content.contains(document.activeElement) ? position(document.activeElement) : null;
  content.replaceChildren(html ? nodes(html) : EMPTY);
  formatDates(content);
  if (refocus) (refocus() ?? home).focus({ preventScroll: true });
});

/** Return how to find what has this element's place afterwards: Pause becomes Resume. */
function position({ dataset: { block } }) {
  const inBlock = () => [...content.querySelectorAll(`[data-block="${CSS.escape(block)}"]`)];
  const at = inBlock().indexOf(document.activeElement);
  return () => inBlock().at(at);
}
