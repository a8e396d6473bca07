// One message: who said it, when, and what; and what can be done with it.

import { body } from "./blocks.js";
import { time, whole } from "./dates.js";
import { texted, trouble } from "./dialogs.js";
import { button, el } from "./dom.js";
import { OUT } from "./mrkdwn.js";
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
  const after = below(message, openThread);
  const given = { class: `message ${alone ? "alone" : ""}`, tabindex: "-1", "data-ts": ts };
  return el("article", { ...given, "aria-label": `${name}, ${time(message.at * 1000)}` }, [
    el("span", { class: `avatar ${bot ? "app" : ""}`, "aria-hidden": "true" }, bot ? "▟" : name[0]),
    el("div", { class: "said" }, alone && only(ts), who(name, message), body(message, act), after),
    tools(message),
  ]);
}

function only(ts) {
  const dismiss = async () => trouble(await send("dismiss", { message: ts }));
  const given = { class: "link", "data-key": "dismiss" };
  return el("p", { class: "only" }, "Only visible to you ", button("Dismiss", dismiss, given));
}

function who(name, { at, bot }) {
  const date = new Date(at * 1000);
  const when = el("time", { datetime: date.toISOString(), title: whole(date) }, time(date));
  const badge = bot && el("span", { class: "badge" }, "APP");
  return el("p", { class: "who" }, el("b", {}, name), badge, " ", when);
}

function below(message, openThread) {
  const many = openThread ? repliesTo(message) : 0;
  const given = { class: "link replies", "data-key": "replies" };
  const replies = button(many === 1 ? "1 reply" : `${many} replies`, () => openThread(message.ts), given);
  return [message.edited && el("p", { class: "edited" }, "(edited)"), many > 0 && replies];
}

function tools({ payload, text }) {
  const tool = (label, title, click) => button(label, click, { title, "data-key": label });
  const href = BUILDER + encodeURIComponent(JSON.stringify({ blocks: payload.blocks }));
  const builder = [el("span", { class: "unseen" }, "Open in Block Kit "), "Builder"];
  return el("div", { class: "tools", role: "group", "aria-label": "About this message" }, [
    tool("JSON", MADE, () => texted("JSON", `${MADE}.`, JSON.stringify(payload, null, 2))),
    payload.blocks && el("a", { href, title: "It needs a Slack account", ...OUT }, builder),
    tool("Read aloud", HEARD, () => texted(HEARD, WHY, text)),
  ]);
}
