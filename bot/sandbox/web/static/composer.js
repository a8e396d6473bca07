// The message box, with completions above it.

import { handlers } from "./actions.js";
import { current } from "./channels.js";
import { on, send } from "./events.js";
import { $, nodes } from "./trusted_html.js";

const line = $("line"), list = $("completions");
const MAX_COMPLETED_CHARS = 1000; // nobody completes a longer line
const sent = [], drafts = new Map(); // drafts are by channel
let active = -1, back = 0;

/** Offer completions: at once those of the offered ones that still fit, and soon all that do. */
async function complete() {
  const text = line.value;
  offer([...list.children].filter(({ dataset }) => dataset.line.startsWith(text) && dataset.line !== text));
  if (!/^[/@]/.test(text) || text.length > MAX_COMPLETED_CHARS) return;
  const response = await fetch(`/completions?line=${encodeURIComponent(text)}`).catch(() => null);
  const html = response ? await response.text() : "";
  if (line.value === text && document.activeElement === line) offer(nodes(html).children);
}

function offer(options) {
  const chosen = list.children[active]?.dataset.line;
  list.replaceChildren(...options);
  list.parentElement.hidden = !list.children.length;
  line.ariaExpanded = String(!list.parentElement.hidden);
  choose([...list.children].findIndex(({ dataset }) => dataset.line === chosen));
}

function choose(index) {
  active = index;
  [...list.children].forEach((each, n) => (each.ariaSelected = String(n === index)));
  list.children[index]?.scrollIntoView({ block: "nearest" });
  line.setAttribute("aria-activedescendant", list.children[index]?.id ?? "");
}

function take(option) {
  line.value = option.dataset.line;
  complete();
}

/** Recall a line that was sent before, as in a terminal, or at last the draft. */
function recall(step) {
  if (!back) drafts.set(current.channel, line.value);
  back = Math.max(0, Math.min(sent.length, back + step));
  line.value = back ? sent.at(-back) : drafts.get(current.channel);
}

function handleKey(event) {
  const count = list.children.length;
  const keys = {
    ArrowDown: () => (count ? choose((active + 1) % count) : recall(-1)),
    ArrowUp: () => (count ? choose((Math.max(active, 0) + count - 1) % count) : recall(1)),
    Tab: count && !event.shiftKey && (() => take(list.children[Math.max(0, active)])),
    Enter: active >= 0 && (() => take(list.children[active])),
    Escape: () => (count ? offer([]) : handlers.closeThread()),
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
}

/** Send a line. If it fails, it returns to the box, to be corrected. */
async function submit(text) {
  offer([]);
  if (!text.trim()) return;
  if (sent.at(-1) !== text) sent.push(text);
  back = 0;
  const { channel } = current;
  const error = await send("type", { channel, line: text });
  if (error && !line.value && channel === current.channel) line.value = text;
}

line.addEventListener("keydown", handleKey);
line.addEventListener("input", () => {
  back = 0;
  choose(-1);
  complete();
});
line.addEventListener("focus", complete);
line.addEventListener("blur", () => offer([]));
list.addEventListener("pointerdown", (event) => {
  event.preventDefault(); // the focus stays in the box
  const option = event.target.closest("[data-line]");
  if (option) take(option);
});
$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = line.value;
  line.value = "";
  submit(text);
});
handlers.submit = ({ dataset }) => submit(dataset.line);

/** A draft stays in its channel. */
on("navigate", ({ channel: previous }) => {
  line.disabled = $("send").disabled = current.archived;
  if (previous === current.channel) return;
  drafts.set(previous, back ? drafts.get(previous) : line.value);
  line.value = drafts.get(current.channel) ?? (previous ? "" : line.value); // which may be typed before the scripts run
  back = 0;
  $("error").textContent = "";
  (current.archived ? $("log") : line).focus({ preventScroll: true });
});
