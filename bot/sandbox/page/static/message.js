// One message: who said it, when, and what; and what can be done with it.

import { body } from "./blocks.js";
import { time, whole } from "./dates.js";
import { texted, trouble } from "./dialogs.js";
import { button, el } from "./dom.js";
import { messagesOf, send, told } from "./store.js";

const BUILDER = "https://app.slack.com/block-kit-builder/#";
const MADE = "The message as the bot sent it";
const HEARD = "What a screen reader would read";
const WHY = "Screen readers and notifications get a message's text, and not its blocks.";

export const repliesTo = ({ channel, ts }) => messagesOf(channel, ts).length - 1;

/** Where threads are opened, by *openThread*, the replies are counted. */
export function article(message, openThread) {
  const { ts, bot, alone } = message;
  const name = told.workspace.users[message.user]?.name ?? message.user;
  const act = async (done) => trouble(await send("act", { message: ts, ...done }));
  const given = { class: `message ${alone ? "alone" : ""}`, tabindex: "-1", "data-ts": ts };
  return el(
    "article",
    { ...given, "aria-label": `${name}, ${time(message.at * 1000)}` },
    el("span", { class: `avatar ${bot ? "app" : ""}`, "aria-hidden": "true" }, bot ? "▟" : name[0]),
    el("div", { class: "said" }, alone && only(ts), who(name, message), body(message, act), after(message, openThread)),
    tools(message),
  );
}

function only(ts) {
  const dismiss = async () => trouble(await send("dismiss", { message: ts }));
  return el("p", { class: "only" }, "Only visible to you ", button("Dismiss", dismiss, { class: "link", "data-key": "dismiss" }));
}

function who(name, { at, bot }) {
  const date = new Date(at * 1000);
  const when = el("time", { datetime: date.toISOString(), title: whole(date) }, time(date));
  return el("p", { class: "who" }, el("b", {}, name), bot && el("span", { class: "badge" }, "APP"), " ", when);
}

function after(message, openThread) {
  const many = openThread ? repliesTo(message) : 0;
  const open = () => openThread(message.ts);
  return [
    message.edited && el("p", { class: "edited" }, "(edited)"),
    many > 0 && button(many === 1 ? "1 reply" : `${many} replies`, open, { class: "link replies", "data-key": "replies" }),
  ];
}

function tools({ payload, text }) {
  const tool = (label, title, click) => button(label, click, { title, "data-key": label });
  const builder = {
    href: BUILDER + encodeURIComponent(JSON.stringify({ blocks: payload.blocks })),
    target: "_blank",
    rel: "noopener noreferrer",
    title: "Open in Block Kit Builder (needs a Slack account)",
  };
  return el(
    "div",
    { class: "tools", role: "group", "aria-label": "About this message" },
    tool("JSON", MADE, () => texted("JSON", `${MADE}.`, JSON.stringify(payload, null, 2))),
    payload.blocks && el("a", builder, "Builder", el("span", { class: "unseen" }, ": open in Block Kit Builder")),
    tool("Read aloud", HEARD, () => texted(HEARD, WHY, text)),
  );
}
