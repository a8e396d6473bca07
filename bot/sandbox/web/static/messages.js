// The messages of all channels and threads. Only those of the current channel and thread are visible.

import { handlers } from "./actions.js";
import { current } from "./channels.js";
import { formatDates } from "./dates.js";
import { emit, on } from "./events.js";
import { $, nodes } from "./trusted_html.js";

const OWN_ACTION_WINDOW = 20_000; // milliseconds after one's own action in which new messages count as its result
const GONE = "This message no longer exists.";
const log = $("log"), replies = $("replies");
let received = new Set(); // timestamps, since the last reset
let complete = false, atBottom = false, lastActionAt = 0, followed = "", unseen = [];

const articles = () => [...document.querySelectorAll("article")];
const find = (column, ts) => column.querySelector(`[data-ts="${CSS.escape(ts)}"]`);

on("reset", () => (received = new Set()));
on("messages", (messages) => {
  const changed = messages.map(insert);
  updateVisibility();
  if (complete) changed.forEach((each) => each && notify(each));
});
on("deleted", (timestamps) => remove(({ dataset }) => timestamps.includes(dataset.ts)));
on("complete", () => {
  remove(({ dataset }) => !received.has(dataset.ts));
  if (complete) return;
  complete = true;
  scrollToStart(performance.getEntriesByType("navigation")[0].type === "navigate");
});
on("action", () => ([lastActionAt, followed] = [Date.now(), ""]));
on("navigate", (previous) => {
  $("welcome").hidden = current.archived;
  showParent();
  updateVisibility();
  if (previous.thread !== current.thread) toggleThread(previous.thread);
  if (previous.channel !== current.channel || current.message) scrollToStart();
});

/** Insert or replace a message; return null if it hasn't changed. */
function insert({ ts, thread, html }) {
  const column = thread ? replies : log, old = find(column, ts);
  received.add(ts);
  if (old?.html === html) return null;
  const article = nodes(html).firstElementChild;
  article.html = html;
  formatDates(article);
  resizes.observe(article);
  if (old) replace(old, article);
  else column.insertBefore(article, [...column.children].find(({ dataset }) => dataset.ts > ts) ?? null);
  return { article, isNew: !old };
}

/** Replace a message; open details stay open, and the focus stays where it was. */
function replace(old, article) {
  const opened = [...old.querySelectorAll("details")].map(({ open }) => open);
  article.querySelectorAll("details").forEach((each, at) => (each.open = Boolean(opened[at])));
  const focused = old.contains(document.activeElement) && document.activeElement;
  old.replaceWith(article);
  if (!focused) return;
  const same = article.querySelector(`[data-key="${CSS.escape(focused.dataset.key)}"]`);
  (same ?? article).focus({ preventScroll: true });
}

function remove(isGone) {
  for (const article of articles().filter(isGone)) {
    if (article.contains(document.activeElement)) article.parentNode.focus({ preventScroll: true });
    article.remove();
  }
  updateVisibility();
}

function updateVisibility() {
  let last = "";
  for (const article of articles()) {
    const { channel, thread } = article.dataset, [day] = article.children;
    article.hidden = thread ? thread !== current.thread : channel !== current.channel;
    if (article.hidden) continue;
    day.hidden = Boolean(thread) || day.textContent === last;
    last = day.textContent;
  }
  if (complete && current.thread && !find(replies, current.thread)) location.replace(`#${current.channel}`);
}

/** Show a message above the replies that it doesn't have yet. */
function showParent() {
  const parent = current.thread && !find(replies, current.thread) && find(log, current.thread);
  if (!parent) return;
  const copy = parent.cloneNode(true);
  copy.dataset.thread = current.thread;
  replies.prepend(copy);
}

/** Scroll to the result of one's own action, and to any new message while at the bottom. Announce the others. */
function notify({ article, isNew }) {
  const { ts, channel, thread } = article.dataset, has = (selector) => article.querySelector(selector);
  if (isNew && channel !== current.channel && !has(".own")) emit("unread", channel);
  if (article.hidden) return;
  const isResult = has(".own, .ephemeral") || Date.now() - lastActionAt < OWN_ACTION_WINDOW;
  if (isNew && (atBottom || isResult)) followed = ts;
  if (followed === ts) reveal(article);
  else if (isNew && !thread) announce([...unseen, ts]);
}

/** Scroll until the whole message is visible, or its beginning if it is too long. */
function reveal(article, block = "nearest") {
  article.scrollIntoView({ block: article.offsetHeight > article.parentNode.clientHeight ? "start" : block });
}

function announce(messages) {
  unseen = messages;
  $("new").hidden = !unseen.length;
  $("new").textContent = `↓ ${unseen.length} new`;
}
handlers.down = () => {
  const first = find(log, unseen[0]);
  announce([]);
  if (first) reveal(first);
  $("line").focus({ preventScroll: true });
};

/** Scroll to the linked message, else to the end of the channel; on the first visit, to its beginning. */
function scrollToStart(isFirstVisit = false) {
  if (!complete) return;
  announce([]);
  if (current.message) jumpTo(current.message);
  else log.scrollTop = isFirstVisit ? 0 : log.scrollHeight;
  checkBottom();
}

function jumpTo(ts) {
  const here = [current.channel, current.thread].filter(Boolean).join("/");
  history.replaceState(null, "", `#${here}`); // so that the same link works once more
  const article = find(current.thread ? replies : log, ts);
  if (!article) return ($("error").textContent = GONE);
  reveal(article, "center");
  article.focus({ preventScroll: true });
  article.classList.add("highlighted");
}

function toggleThread(previous) {
  $("thread").hidden = !current.thread;
  replies.scrollTop = 0;
  const opener = previous && find(log, previous)?.querySelector("[data-key=replies]");
  (current.thread ? $("thread-close") : opener || $("line")).focus();
}
handlers.closeThread = () => current.thread && (location.hash = current.channel);
$("thread").addEventListener("keydown", ({ key }) => key === "Escape" && handlers.closeThread());

/** At the bottom, stay there while messages grow. */
const resizes = new ResizeObserver(() => atBottom && log.scrollTo(0, log.scrollHeight));
resizes.observe(log);
function checkBottom() {
  atBottom = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  if (atBottom && unseen.length) announce([]);
}
log.addEventListener("scroll", checkBottom);
log.addEventListener("wheel", () => ([lastActionAt, followed] = [0, ""]), { passive: true }); // the reader scrolls
