// The messages: of the channel in the middle, and beside it of a thread. All are there, and some are shown.

import { does } from "./acts.js";
import { date } from "./dates.js";
import { $, nodes } from "./fragments.js";
import { on, tell } from "./news.js";
import { place } from "./rooms.js";

const AWAIT = 20_000; // milliseconds in which what is new is taken for what one's own deed has brought
const GONE = "This message is gone.";
const log = $("log"), replies = $("replies");
let heard = new Set(); // since all began to be told
let whole = false, low = false, awaited = 0, followed = "", unseen = [];

const articles = () => [...document.querySelectorAll("article")];
const standing = (column, ts) => column.querySelector(`[data-ts="${CSS.escape(ts)}"]`);

on("fresh", () => (heard = new Set()));
on("messages", (messages) => {
  const changed = messages.map(hear);
  show();
  if (whole) changed.forEach((each) => each && arrived(each));
});
on("gone", (names) => lose(({ dataset }) => names.includes(dataset.ts)));
on("whole", () => {
  lose(({ dataset }) => !heard.has(dataset.ts));
  if (whole) return;
  whole = true;
  land(performance.getEntriesByType("navigation")[0].type === "navigate");
});
on("deed", () => ([awaited, followed] = [Date.now(), ""]));
on("place", (from) => {
  $("welcome").hidden = place.archived;
  show();
  if (from.thread !== place.thread) turn(from.thread);
  if (from.channel !== place.channel || place.message) land();
});

/** Nothing, if it is as it was. */
function hear({ ts, thread, html }) {
  const column = thread ? replies : log, old = standing(column, ts);
  heard.add(ts);
  if (old?.told === html) return null;
  const article = nodes(html).firstElementChild;
  article.told = html;
  date(article);
  grown.observe(article);
  if (old) replace(old, article);
  else column.insertBefore(article, [...column.children].find(({ dataset }) => dataset.ts > ts) ?? null);
  return { article, isNew: !old };
}

/** What was opened stays open, and the keyboard on what it was on. */
function replace(old, article) {
  const opened = [...old.querySelectorAll("details")].map(({ open }) => open);
  article.querySelectorAll("details").forEach((each, at) => (each.open = Boolean(opened[at])));
  const focused = old.contains(document.activeElement) && document.activeElement;
  old.replaceWith(article);
  if (!focused) return;
  const same = article.querySelector(`[data-key="${CSS.escape(focused.dataset.key)}"]`);
  (same ?? article).focus({ preventScroll: true });
}

function lose(isGone) {
  for (const article of articles().filter(isGone)) {
    if (article.contains(document.activeElement)) article.parentNode.focus({ preventScroll: true });
    article.remove();
  }
  show();
}

function show() {
  let last = "";
  for (const article of articles()) {
    const { channel, thread } = article.dataset, [day] = article.children;
    article.hidden = thread ? thread !== place.thread : channel !== place.channel;
    if (article.hidden) continue;
    day.hidden = Boolean(thread) || day.textContent === last;
    last = day.textContent;
  }
  if (whole && place.thread && !standing(replies, place.thread)) location.replace(`#${place.channel}`);
}

/** What comes of one's own deed is shown, and so is what others say to who reads the end. The rest is announced. */
function arrived({ article, isNew }) {
  const { ts, channel, thread } = article.dataset, isSaid = (how) => article.querySelector(how);
  if (isNew && channel !== place.channel && !isSaid(".mine")) tell("unread", channel);
  if (article.hidden) return;
  if (isNew && (low || isSaid(".mine, .alone") || Date.now() - awaited < AWAIT)) followed = ts;
  if (followed === ts) reveal(article);
  else if (isNew && !thread) announce([...unseen, ts]);
}

/** All of it, or where it begins. */
function reveal(article, where = "nearest") {
  article.scrollIntoView({ block: article.offsetHeight > article.parentNode.clientHeight ? "start" : where });
}

function announce(messages) {
  unseen = messages;
  $("new").hidden = !unseen.length;
  $("new").textContent = `↓ ${unseen.length} new`;
}
does.down = () => {
  const first = standing(log, unseen[0]);
  announce([]);
  if (first) reveal(first);
  $("line").focus({ preventScroll: true });
};

/** Whoever has come to a channel sees its end; who *isNew* here, its beginning; by a link, the message it leads to. */
function land(isNew = false) {
  if (!whole) return;
  announce([]);
  if (place.message) jump(place.message);
  else log.scrollTop = isNew ? 0 : log.scrollHeight;
  look();
}

function jump(ts) {
  const here = [place.channel, place.thread].filter(Boolean).join("/");
  history.replaceState(null, "", `#${here}`); // so that the same link leads here once more
  const article = standing(place.thread ? replies : log, ts);
  if (!article) return ($("trouble").textContent = GONE);
  reveal(article, "center");
  article.focus({ preventScroll: true });
  article.classList.add("found");
}

/** A thread is opened, or closed. */
function turn(from) {
  $("thread").hidden = !place.thread;
  replies.scrollTop = 0;
  const opener = from && standing(log, from)?.querySelector("[data-key=replies]");
  (place.thread ? $("thread-close") : opener || $("line")).focus();
}
does.unthread = () => place.thread && (location.hash = place.channel);
$("thread").addEventListener("keydown", ({ key }) => key === "Escape" && does.unthread());

/** Its end stays in sight while what it holds grows. */
const grown = new ResizeObserver(() => low && log.scrollTo(0, log.scrollHeight));
grown.observe(log);
function look() {
  low = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  if (low && unseen.length) announce([]);
}
log.addEventListener("scroll", look);
log.addEventListener("wheel", () => ([awaited, followed] = [0, ""]), { passive: true }); // who looks elsewhere, may
