// Slack's markup, drawn. https://docs.slack.dev/messaging/formatting-message-text

import { formatted } from "./dates.js";
import { el } from "./dom.js";
import { told } from "./store.js";

const SAFE = ["http:", "https:", "mailto:"];
const WORD = "\\p{L}\\p{N}_";
const around = (sign) => `(?<![${WORD}${sign}])${sign}(?!\\s)([^${sign}\\n]+?)(?<!\\s)${sign}(?![${WORD}${sign}])`;
const SPAN = new RegExp(
  ["<([^<>\\n]+)>", "```\\n?([\\s\\S]+?)```", "`([^`\\n]+)`", around("\\*"), around("_"), around("~")].join("|"),
  "gu",
);
const STYLES = [null, "b", "i", "s"];

const unescaped = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** Lines, with what is quoted set apart. */
export function mrkdwn(markup) {
  const parts = [];
  let plain = [], quoted = [];
  const end = () => {
    if (plain.length) parts.push(...spans(plain.join("\n")));
    if (quoted.length) parts.push(el("blockquote", {}, spans(quoted.join("\n"))));
    plain = [];
    quoted = [];
  };
  let within = false; // preformatted lines, which quote nothing
  for (const line of String(markup ?? "").split("\n")) {
    const found = within ? null : /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (Boolean(found) !== Boolean(quoted.length) && (plain.length || quoted.length)) end();
    (found ? quoted : plain).push(found ? found[1] : line);
    if (line.split("```").length % 2 === 0) within = !within;
  }
  end();
  return parts;
}

function spans(markup) {
  const parts = [];
  let at = 0;
  for (const found of markup.matchAll(SPAN)) {
    parts.push(unescaped(markup.slice(at, found.index)), drawn(found));
    at = found.index + found[0].length;
  }
  return [...parts, unescaped(markup.slice(at))].filter((part) => part !== "");
}

function drawn([, reference, block, code, ...styled]) {
  if (reference) return referred(reference);
  if (block) return el("pre", {}, unescaped(block));
  if (code) return el("code", {}, unescaped(code));
  const index = styled.findIndex(Boolean);
  return el(STYLES[index + 1], {}, spans(styled[index]));
}

function referred(reference) {
  const [target, ...rest] = reference.split("|");
  const label = rest.join("|");
  if (target.startsWith("!date^")) return moment(target, label);
  if (target.startsWith("@")) return mention(`@${told.workspace?.users[target.slice(1)]?.name ?? (unescaped(label) || target.slice(1))}`);
  if (target.startsWith("#")) return mention(`#${channelName(target.slice(1)) ?? (unescaped(label) || target.slice(1))}`);
  if (target.startsWith("!")) return mention(unescaped(label) || `@${target.slice(1).split("^")[0]}`);
  return link(unescaped(target), unescaped(label));
}

const channelName = (id) => told.workspace?.channels.find((channel) => channel.id === id)?.name;
const mention = (text) => el("span", { class: "mention" }, text);

function moment(target, fallback) {
  const [, unix, tokens, url] = target.split("^");
  const said = formatted(Number(unix), unescaped(tokens ?? "")) ?? unescaped(fallback);
  const date = new Date(Number(unix) * 1000);
  const machine = Number.isNaN(date.getTime()) ? undefined : date.toISOString();
  const drawn = el("time", { datetime: machine, title: unescaped(fallback) }, said);
  return url ? link(unescaped(url), said) : drawn;
}

export function link(url, label) {
  if (!isSafe(url)) return label || url;
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label || url);
}

export function isSafe(url) {
  try {
    return SAFE.includes(new URL(url).protocol);
  } catch {
    return false;
  }
}

/** A text object of either kind. */
export const text = (object) => (object?.type === "mrkdwn" ? mrkdwn(object.text) : String(object?.text ?? ""));
