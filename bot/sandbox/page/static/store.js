// What this page has been told, and who wants to know when it is told more.

export const told = { workspace: null, messages: new Map(), views: [], stage: null, whole: false };
export const place = { channel: null, thread: null };

const TAKE = {
  fresh: () => {
    told.messages.clear();
    told.whole = false;
  },
  workspace: (workspace) => (told.workspace = workspace),
  stage: (stage) => (told.stage = { ...stage, ahead: stage.now * 1000 - Date.now() }),
  messages: (messages) => messages.forEach((message) => told.messages.set(message.ts, message)),
  gone: (names) => names.forEach((ts) => told.messages.delete(ts)),
  views: (views) => (told.views = views),
  whole: () => (told.whole = true), // all there is has been told; what comes then is new
};

const news = new EventTarget();

export function on(names, listener) {
  for (const name of names.split(" ")) news.addEventListener(name, ({ detail }) => listener(detail));
}

export const changed = (name, detail) => news.dispatchEvent(new CustomEvent(name, { detail }));

export function listen() {
  const source = new EventSource("/news"); // which asks again by itself when it is cut off
  source.onerror = () => changed("cut");
  for (const [name, take] of Object.entries(TAKE)) {
    source.addEventListener(name, (event) => {
      const heard = JSON.parse(event.data);
      take(heard);
      changed(name, heard);
    });
  }
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

export const channelOf = (id) => told.workspace?.channels.find((channel) => channel.id === id);

/** A reply whose first message is gone stands in the channel. */
const isReply = ({ ts, thread }) => Boolean(thread) && thread !== ts && told.messages.has(thread);

/** Messages of the channel, or of one thread in it, the oldest first. */
export function messagesOf(channel, thread = null) {
  const all = [...told.messages.values()].filter((message) => message.channel === channel);
  all.sort((one, other) => (one.ts < other.ts ? -1 : 1));
  if (thread) return all.filter((message) => message.ts === thread || message.thread === thread);
  return all.filter((message) => !isReply(message));
}
