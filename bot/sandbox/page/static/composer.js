// The field in which one types, with what can be typed above it.

import { channel, closeThread } from "./channel.js";
import { completions } from "./completing.js";
import { trouble } from "./dialogs.js";
import { $, el } from "./dom.js";
import { on, place, send } from "./store.js";

const line = $("line"), list = $("completions");
const typed = [];
let questions = [], offered = [], active = -1, back = 0;

export async function start() {
  questions = await (await fetch("/completions")).json();
}

function offer() {
  offered = document.activeElement === line ? completions(line.value, questions) : [];
  active = -1;
  list.replaceChildren(...offered.map(({ label, hint }, at) => el("div", { role: "option", id: `completion-${at}`, "aria-selected": "false", pointerdown: (event) => (event.preventDefault(), take(at)) }, el("b", {}, label), hint && el("span", {}, hint))));
  if (offered.length) list.append(el("div", { class: "keys", role: "presentation", "aria-hidden": "true" }, "Tab takes the first · ↑ ↓ choose · Enter sends"));
  list.hidden = !offered.length;
  list.scrollTop = 0;
  line.setAttribute("aria-expanded", String(offered.length > 0));
  line.removeAttribute("aria-activedescendant");
}

function move(step) {
  const before = active;
  active = (active + step + offered.length + (active < 0 && step < 0 ? 1 : 0)) % offered.length;
  list.children[before]?.setAttribute("aria-selected", "false");
  list.children[active].setAttribute("aria-selected", "true");
  list.children[active].scrollIntoView({ block: "nearest" });
  line.setAttribute("aria-activedescendant", `completion-${active}`);
}

function take(at) {
  line.value = offered[at].line;
  line.focus();
  offer();
}

/** What was typed before comes back, as in a terminal. */
function recall(step) {
  back = Math.max(0, Math.min(typed.length, back + step));
  line.value = typed.at(-back) && back ? typed.at(-back) : "";
  offered = [];
  list.hidden = true;
}

export async function say(said) {
  if (!said.trim()) return;
  if (typed.at(-1) !== said) typed.push(said);
  back = 0;
  sessionStorage.setItem("visited", "yes");
  trouble("");
  trouble(await send("type", { channel: place.channel, line: said }));
}

const KEYS = {
  ArrowDown: () => (offered.length ? move(1) : recall(-1)),
  ArrowUp: () => (offered.length ? move(-1) : recall(1)),
  Tab: () => offered.length && take(Math.max(0, active)),
  Enter: () => active >= 0 && take(active),
  Escape: () => (offered.length ? hide() : closeThread()),
};

function hide() {
  offered = [];
  list.hidden = true;
  active = -1;
  line.setAttribute("aria-expanded", "false");
  line.removeAttribute("aria-activedescendant");
}

line.addEventListener("keydown", (event) => {
  const meant = KEYS[event.key];
  const taken = event.key === "Tab" ? offered.length && !event.shiftKey : event.key !== "Enter" || active >= 0;
  if (!meant || !taken || event.isComposing) return;
  event.preventDefault();
  meant();
});
line.addEventListener("input", offer);
line.addEventListener("focus", offer);
line.addEventListener("blur", hide);
$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const said = line.value;
  line.value = "";
  hide();
  say(said);
});
$("welcome").addEventListener("click", (event) => {
  const example = event.target.closest("[data-line]");
  if (example) say(example.dataset.line);
});
on("place", () => {
  const here = channel();
  line.disabled = Boolean(here?.archived);
  line.placeholder = placeholder(here);
  trouble("");
});

function placeholder(here) {
  if (!here) return "";
  return here.archived ? "This channel is archived" : `Message ${here.conversation ? "" : "#"}${here.name} or type /insights`;
}
