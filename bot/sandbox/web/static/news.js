// What the server tells as it happens, and what is done there.

import { $ } from "./fragments.js";

const NEWS = ["fresh", "now", "rooms", "stage", "told", "messages", "gone", "view", "whole"];
const PATIENCE = 20_000; // milliseconds; Slack itself has three seconds for the bot
const JOURNEYS = ["next", "week"]; // which take their time, and are told as they go
const AWAY = "The demo does not answer. Is it still running?";
const LATE = "The demo has not answered for twenty seconds. What was asked of it may still come.";

const news = new EventTarget();
export const on = (name, listener) => news.addEventListener(name, ({ detail }) => listener(detail));
export const tell = (name, detail) => news.dispatchEvent(new CustomEvent(name, { detail }));

let source;

/** Only while somebody looks: a browser has six connections for all of its tabs. */
function listen() {
  source?.close();
  if (document.hidden) return;
  source = new EventSource("/news"); // which asks again by itself when it is cut off
  source.onerror = () => tell("cut");
  for (const name of NEWS) source.addEventListener(name, ({ data }) => tell(name, JSON.parse(data)));
}
document.addEventListener("visibilitychange", listen);
addEventListener("DOMContentLoaded", listen); // when all who want to hear are there

/** Do something in the workspace. What goes wrong is said, and told, in a sentence. */
export async function send(deed, said = {}, trouble = $("trouble")) {
  trouble.textContent = "";
  tell("deed");
  const signal = JOURNEYS.includes(deed) ? undefined : AbortSignal.timeout(PATIENCE);
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch(`/do/${deed}`, { method: "POST", headers, signal, body: JSON.stringify(said) });
    const { error } = await answer.json();
    return error && (trouble.textContent = error);
  } catch (error) {
    return (trouble.textContent = error.name === "TimeoutError" ? LATE : AWAY);
  }
}
