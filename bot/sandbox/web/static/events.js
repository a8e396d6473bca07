// Events between the page's scripts, those that the server sends among them; and requests for actions.

import { $ } from "./trusted_html.js";

const SERVER_EVENTS =
  ["reset", "now", "channels", "demo_bar", "status", "messages", "deleted", "view", "home", "complete"];
const TIMEOUT = 20_000; // milliseconds; Slack itself has three seconds for the bot
const SLOW_ACTIONS = ["next", "week"]; // which report their progress as events
const AWAY = "The demo isn't responding. Is it still running?";
const LATE = "The demo hasn't responded for 20 seconds. An answer may still arrive.";

const target = new EventTarget();
export const on = (name, listener) => target.addEventListener(name, ({ detail }) => listener(detail));
export const emit = (name, detail) => target.dispatchEvent(new CustomEvent(name, { detail }));

let source;

/** Connect only while the page is visible: a browser has six connections for all of its tabs. */
function connect() {
  source?.close();
  if (document.hidden) return;
  source = new EventSource("/events"); // it reconnects by itself
  source.onerror = () => emit("disconnected");
  for (const name of SERVER_EVENTS) source.addEventListener(name, ({ data }) => emit(name, JSON.parse(data)));
}
document.addEventListener("visibilitychange", connect);
addEventListener("DOMContentLoaded", connect); // when all listeners have been added

/** Perform an action in the workspace; show and return the error message, if any. */
export async function send(action, fields = {}, errorNode = $("error")) {
  errorNode.textContent = "";
  emit("action");
  const signal = SLOW_ACTIONS.includes(action) ? undefined : AbortSignal.timeout(TIMEOUT);
  const headers = { "Content-Type": "application/json" };
  try {
    const response = await fetch(`/do/${action}`, { method: "POST", headers, signal, body: JSON.stringify(fields) });
    const { error } = await response.json();
    return error && (errorNode.textContent = error);
  } catch (error) {
    return (errorNode.textContent = error.name === "TimeoutError" ? LATE : AWAY);
  }
}
