// Slack's markup, drawn. https://docs.slack.dev/messaging/formatting-message-text

import { formatted } from "./dates.js";
import { el } from "./dom.js";
import { channelOf, told } from "./store.js";

const WORD = "\\p{L}\\p{N}_";
const around = (sign) =>
  `(?<![${WORD}${sign}])${sign}(?!\\s)([^${sign}\\n]+?)(?<!\\s)${sign}(?![${WORD}${sign}])`;
const BLOCK = /```\n?([\s\S]+?)```|((?:^(?:&gt;|>).*\n?)+)/gm;
const SPAN = new RegExp(["<([^<>\\n]+)>", "`([^`\\n]+)`", ...["\\*", "_", "~"].map(around)].join("|"), "gu");
const STYLES = ["b", "i", "s"];
export const OUT = { target: "_blank", rel: "noopener noreferrer" };
const SAFE = ["http:", "https:", "mailto:"];

const unescaped = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** Text, with what is preformatted or quoted set apart. */
export const mrkdwn = (markup) => drawn(markup, BLOCK, block, spans);
const spans = (markup) => drawn(markup, SPAN, span, unescaped);

/** A text object of either kind. */
export const text = (object) => (object?.type === "mrkdwn" ? mrkdwn(object.text) : (object?.text ?? ""));

function drawn(markup, pattern, draw, between) {
  const parts = [];
  let at = 0;
  for (const found of markup.matchAll(pattern)) {
    parts.push(between(markup.slice(at, found.index)), draw(found));
    at = found.index + found[0].length;
  }
  return [...parts, between(markup.slice(at))];
}

function block([, formed, quoted]) {
  if (formed) return el("pre", {}, unescaped(formed));
  return el("blockquote", {}, spans(quoted.replace(/^(?:&gt;|>) ?/gm, "").trimEnd()));
}

function span([, reference, code, ...styled]) {
  if (reference) return referred(reference);
  if (code) return el("code", {}, unescaped(code));
  const style = styled.findIndex(Boolean);
  return el(STYLES[style], {}, spans(styled[style]));
}

function referred(reference) {
  const [target, ...rest] = reference.split("|");
  const [sign, name, label] = [target[0], target.slice(1), unescaped(rest.join("|"))];
  if (target.startsWith("!date^")) return moment(target, label);
  if (sign === "@") return mention(sign, told.workspace.users[name]?.name ?? (label || name));
  if (sign === "#") return mention(sign, channelOf(name)?.name ?? (label || name));
  if (sign === "!") return label ? mention("", label) : mention("@", name.split("^")[0]);
  return link(unescaped(target), label);
}

const mention = (sign, name) => el("span", { class: "mention" }, sign, name);

function moment(target, fallback) {
  const [, unix, tokens, url] = target.split("^");
  const date = new Date(unix * 1000);
  const said = formatted(date, unescaped(tokens ?? ""));
  if (url) return link(unescaped(url), said ?? fallback);
  return said ? el("time", { datetime: date.toISOString(), title: fallback }, said) : fallback;
}

function link(url, label) {
  if (!isSafe(url)) return label || url;
  return el("a", { href: url, ...OUT }, label || url);
}

export const isSafe = (url) => SAFE.includes(URL.parse(url)?.protocol);
