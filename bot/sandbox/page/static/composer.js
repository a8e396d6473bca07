// The field in which one types, with what can be typed above it.

import { closeThread } from "./channel.js";
import { trouble } from "./dialogs.js";
import { $, el } from "./dom.js";
import { channelOf, on, place, send } from "./store.js";

const line = $("line"), list = $("completions");
const typed = [];
let known = { words: {}, examples: [] };
let offered = [], active = -1, back = 0;

fetch("/completions").then(async (answer) => (known = await answer.json()));

/** What the line could go on with: examples, and what can follow what stands before the word begun. */
function completions(said) {
  if (!said.startsWith("/")) return [];
  const before = said.replace(/[^ =,]*$/, ""), begun = said.slice(before.length);
  const words = before.split(" ");
  const key = [...words.slice(0, 2), words.at(-1).replace(/=.*/, "=")].filter(Boolean).join(" ");
  const goesOn = (whole, start) => whole.startsWith(start) && whole !== start;
  const isGiven = (word) => word.endsWith("=") && before.includes(` ${word}`);
  const following = (known.words[key] ?? []).filter(([word]) => goesOn(word, begun) && !isGiven(word));
  const examples = known.examples.filter((each) => words.length > 2 && goesOn(each, said));
  return [
    ...examples.map((each) => ({ label: each.replace(words[0], ""), hint: "an example", line: each })),
    ...following.map(([word, hint]) => ({ label: word, hint, line: before + word })),
  ];
}

function offer(all) {
  offered = all;
  const options = all.map(({ label, hint }, at) => {
    const given = { role: "option", id: `completion-${at}`, "aria-selected": "false" };
    const press = (event) => (event.preventDefault(), take(at));
    return el("div", { ...given, pointerdown: press }, el("b", {}, label), el("span", {}, hint));
  });
  list.replaceChildren(...options);
  list.parentElement.hidden = !all.length;
  line.setAttribute("aria-expanded", String(all.length > 0));
  choose(-1);
}

function choose(at) {
  list.children[active]?.setAttribute("aria-selected", "false");
  active = at;
  list.children[at]?.setAttribute("aria-selected", "true");
  list.children[at]?.scrollIntoView({ block: "nearest" });
  line.setAttribute("aria-activedescendant", at < 0 ? "" : `completion-${at}`);
}

function take(at) {
  line.value = offered[at].line;
  line.focus();
  offer(completions(line.value));
}

/** What was typed before comes back, as in a terminal. */
function recall(step) {
  back = Math.max(0, Math.min(typed.length, back + step));
  line.value = back ? typed.at(-back) : "";
}

function keyed(event) {
  const many = offered.length;
  const ways = {
    ArrowDown: () => (many ? choose((active + 1) % many) : recall(-1)),
    ArrowUp: () => (many ? choose((Math.max(active, 0) + many - 1) % many) : recall(1)),
    Tab: many && !event.shiftKey && (() => take(Math.max(0, active))),
    Enter: active >= 0 && (() => take(active)),
    Escape: () => (many ? offer([]) : closeThread()),
  };
  if (!ways[event.key]) return;
  event.preventDefault();
  ways[event.key]();
}

async function say(said) {
  line.value = "";
  offer([]);
  if (!said.trim()) return;
  if (typed.at(-1) !== said) typed.push(said);
  back = 0;
  sessionStorage.setItem("visited", "yes");
  trouble("");
  trouble(await send("type", { channel: place.channel, line: said }));
}

line.addEventListener("keydown", keyed);
for (const name of ["input", "focus"]) line.addEventListener(name, () => offer(completions(line.value)));
line.addEventListener("blur", () => offer([]));
$("composer").addEventListener("submit", (event) => (event.preventDefault(), say(line.value)));
for (const example of document.querySelectorAll("[data-line]")) {
  example.addEventListener("click", () => say(example.dataset.line));
}
on("place", () => {
  const here = channelOf(place.channel);
  line.disabled = here.archived;
  line.placeholder = here.placeholder;
  trouble("");
});
