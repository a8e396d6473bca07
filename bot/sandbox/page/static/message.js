// One message: who said it, when, and what; and what can be done with it.

import { body } from "./blocks.js";
import { time, whole } from "./dates.js";
import { texted, trouble } from "./dialogs.js";
import { el } from "./dom.js";
import { repliesTo, send, told } from "./store.js";

const BUILDER = "https://app.slack.com/block-kit-builder/#";

export function article(message, openThread) {
  const who = told.workspace.users[message.user] ?? { name: message.user };
  const at = new Date(message.at * 1000);
  const act = async (done) => trouble(await send("act", { message: message.ts, ...done }));
  const dismiss = async () => trouble(await send("dismiss", { message: message.ts }));
  return el(
    "article",
    { class: message.alone ? "message alone" : "message", tabindex: "-1", "data-ts": message.ts, "aria-label": `${who.name}, ${time(at)}` },
    el("span", { class: `avatar ${message.bot ? "app" : ""}`, "aria-hidden": "true" }, message.bot ? "▟" : who.name[0]),
    el(
      "div",
      { class: "said" },
      message.alone && el("p", { class: "only" }, "Only visible to you ", el("button", { type: "button", class: "link", click: dismiss, "data-key": "dismiss" }, "Dismiss")),
      el("p", { class: "who" }, el("b", {}, who.name), message.bot && el("span", { class: "badge" }, "APP"), " ", el("time", { datetime: at.toISOString(), title: whole(at) }, time(at))),
      body(message, act),
      message.edited && el("p", { class: "edited" }, "(edited)"),
      openThread && replies(message, openThread),
    ),
    tools(message),
  );
}

function replies(message, openThread) {
  const found = repliesTo(message);
  if (!found.length) return null;
  const many = found.length === 1 ? "1 reply" : `${found.length} replies`;
  return el("button", { type: "button", class: "link replies", "data-key": "replies", click: () => openThread(message.ts) }, many);
}

function tools(message) {
  const json = JSON.stringify(message.payload, null, 2);
  const builder = BUILDER + encodeURIComponent(JSON.stringify({ blocks: message.payload.blocks ?? [] }));
  const tool = (label, says, click) => el("button", { type: "button", title: says, "data-key": label, click }, label);
  return el(
    "div",
    { class: "tools", role: "group", "aria-label": "About this message" },
    tool("JSON", "The message as the bot sent it", () => texted("JSON", "The message as the bot sent it.", json)),
    message.payload.blocks && el("a", { href: builder, target: "_blank", rel: "noopener noreferrer", title: "Open in Block Kit Builder (needs a Slack account)" }, "Builder", el("span", { class: "unseen" }, ": open in Block Kit Builder")),
    tool("Read aloud", "What a screen reader would read", () => texted("What a screen reader would read", "Screen readers and notifications get a message's text, and not its blocks.", message.text)),
  );
}
