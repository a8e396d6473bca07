// The field in which one types, with what can be typed above it.

import { does } from "./acts.js";
import { $, nodes } from "./fragments.js";
import { on, send } from "./news.js";
import { place } from "./rooms.js";

const line = $("line"), list = $("completions");
const LONG = 1000; // characters, of which nobody types the end by completion
const typed = [], drafts = new Map(); // by channel
let active = -1, back = 0;

/** What the line could go on with: at once what of the offered still fits, and soon all that does. */
async function complete() {
  const said = line.value;
  offer([...list.children].filter(({ dataset }) => dataset.line.startsWith(said) && dataset.line !== said));
  if (!said.startsWith("/") || said.length > LONG) return;
  const answer = await fetch(`/completions?line=${encodeURIComponent(said)}`).catch(() => null);
  const html = answer ? await answer.text() : "";
  if (line.value === said && document.activeElement === line) offer(nodes(html).children);
}

function offer(options) {
  const chosen = list.children[active]?.dataset.line;
  list.replaceChildren(...options);
  list.parentElement.hidden = !list.children.length;
  line.ariaExpanded = String(!list.parentElement.hidden);
  choose([...list.children].findIndex(({ dataset }) => dataset.line === chosen));
}

function choose(at) {
  active = at;
  [...list.children].forEach((each, its) => (each.ariaSelected = String(its === at)));
  list.children[at]?.scrollIntoView({ block: "nearest" });
  line.setAttribute("aria-activedescendant", list.children[at]?.id ?? "");
}

function take(option) {
  line.value = option.dataset.line;
  complete();
}

/** What was typed before comes back, as in a terminal, and at last what is being typed. */
function recall(step) {
  if (!back) drafts.set(place.channel, line.value);
  back = Math.max(0, Math.min(typed.length, back + step));
  line.value = back ? typed.at(-back) : drafts.get(place.channel);
}

function keyed(event) {
  const many = list.children.length;
  const ways = {
    ArrowDown: () => (many ? choose((active + 1) % many) : recall(-1)),
    ArrowUp: () => (many ? choose((Math.max(active, 0) + many - 1) % many) : recall(1)),
    Tab: many && !event.shiftKey && (() => take(list.children[Math.max(0, active)])),
    Enter: active >= 0 && (() => take(list.children[active])),
    Escape: () => (many ? offer([]) : does.unthread()),
  };
  if (!ways[event.key]) return;
  event.preventDefault();
  ways[event.key]();
}

/** What was not taken may be mended. */
async function say(said) {
  offer([]);
  if (!said.trim()) return;
  if (typed.at(-1) !== said) typed.push(said);
  back = 0;
  const { channel } = place;
  const error = await send("type", { channel, line: said });
  if (error && !line.value && channel === place.channel) line.value = said;
}

line.addEventListener("keydown", keyed);
line.addEventListener("input", () => {
  back = 0;
  choose(-1);
  complete();
});
line.addEventListener("focus", complete);
line.addEventListener("blur", () => offer([]));
list.addEventListener("pointerdown", (event) => {
  event.preventDefault(); // the keyboard stays in the field
  const option = event.target.closest("[data-line]");
  if (option) take(option);
});
$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const said = line.value;
  line.value = "";
  say(said);
});
does.say = ({ dataset }) => say(dataset.line);

/** What was begun in one channel is not said in another. */
on("place", ({ channel: from }) => {
  line.disabled = $("send").disabled = place.archived;
  if (from === place.channel) return;
  drafts.set(from, back ? drafts.get(from) : line.value);
  line.value = drafts.get(place.channel) ?? "";
  back = 0;
  $("trouble").textContent = "";
  (place.archived ? $("log") : line).focus({ preventScroll: true });
});
