// What this page has been told, and who wants to know when it is told more.

export const told = { workspace: null, messages: new Map(), views: [], stage: null };
export const place = { channel: null, thread: null };

const listeners = new Map();

export function on(name, listener) {
  listeners.set(name, [...(listeners.get(name) ?? []), listener]);
}

export function changed(name, news) {
  for (const listener of listeners.get(name) ?? []) listener(news);
}

export function listen() {
  const source = new EventSource("/news"); // which asks again by itself when it is cut off
  source.onerror = () => changed("connection", false);
  hear(source, "fresh", () => {
    told.messages.clear();
    changed("connection", true);
  });
  hear(source, "workspace", (workspace) => (told.workspace = workspace));
  hear(source, "messages", (messages) => messages.forEach((message) => told.messages.set(message.ts, message)));
  hear(source, "gone", (names) => names.forEach((ts) => told.messages.delete(ts)));
  hear(source, "views", (views) => (told.views = views));
  hear(source, "whole", () => {}); // all there is has been told; what comes then is new
  hear(source, "stage", (stage) => (told.stage = { ...stage, ahead: stage.now * 1000 - Date.now() }));
}

function hear(source, name, take) {
  source.addEventListener(name, (event) => {
    const news = JSON.parse(event.data);
    take(news);
    changed(name, news);
  });
}

/** The demo's time, in milliseconds. */
export const now = () => Date.now() + (told.stage?.ahead ?? 0);

/** Do something in the workspace; told is what went wrong, in a sentence. */
export async function send(deed, said = {}) {
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`/do/${deed}`, { method: "POST", headers, body: JSON.stringify(said) });
    return (await answer.json()).error;
  } catch {
    return "The demo does not answer. Is it still running?";
  }
}

/** Messages of the channel, or of one thread in it, the oldest first. */
export function messagesOf(channel, thread = null) {
  const all = [...told.messages.values()].filter((message) => message.channel === channel);
  all.sort((one, other) => (one.ts < other.ts ? -1 : 1));
  if (thread) return all.filter((message) => message.ts === thread || message.thread === thread);
  return all.filter((message) => !isReply(message));
}

/** A reply whose first message is gone stands in the channel. */
export const isReply = ({ ts, thread }) => Boolean(thread) && thread !== ts && told.messages.has(thread);

export const repliesTo = ({ channel, ts }) => messagesOf(channel, ts).filter((message) => message.ts !== ts);
