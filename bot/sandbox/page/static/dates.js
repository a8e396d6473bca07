// Moments in the zone of whoever reads, in the forms that Slack has for them.
// https://docs.slack.dev/messaging/formatting-message-text#date-formatting

import { now } from "./store.js";

const hour12 = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions().hour12;
const said = (date, how) => new Intl.DateTimeFormat("en", how).format(date);
const ordinal = (day) => `${day}${["th", "st", "nd", "rd"][day % 100 >= 11 && day % 100 <= 13 ? 0 : day % 10] ?? "th"}`;

export const time = (date) => said(date, { hour: "numeric", minute: "2-digit", hour12 });
export const weekday = (date) => `${said(date, { weekday: "long", month: "long" }).split(" ").reverse().join(", ")} ${ordinal(date.getDate())}`;
export const whole = (date) => `${said(date, { weekday: "short", day: "numeric", month: "short", year: "numeric" })}, ${time(date)}`;

const short = (date) => said(date, { month: "short", day: "numeric", year: "numeric" });
const middle = (date) => `${said(date, { month: "long" })} ${ordinal(date.getDate())}, ${date.getFullYear()}`;
const long = (date) => `${said(date, { weekday: "long" })}, ${middle(date)}`;

/** What of a message may say today, and later something else. */
export const today = () => weekday(new Date(now()));

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
const daysFrom = (date) => Math.round((midnight(date) - midnight(new Date(now()))) / 86_400_000);

/** Slack says today and its neighbours by name. */
const pretty = (date, otherwise) => ({ "-1": "yesterday", 0: "today", 1: "tomorrow" })[daysFrom(date)] ?? otherwise(date);

function ago(date) {
  const minutes = Math.round((date - now()) / 60_000);
  const steps = [[1, "minute", 60], [60, "hour", 24], [1440, "day", Infinity]];
  const [size, unit] = steps.find(([of, , most]) => Math.abs(minutes) / of < most);
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.trunc(minutes / size), unit);
}

const TOKENS = {
  date_num: (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`,
  date: middle,
  date_short: short,
  date_long: long,
  date_pretty: (date) => pretty(date, middle),
  date_short_pretty: (date) => pretty(date, short),
  date_long_pretty: (date) => pretty(date, long),
  time,
  time_secs: (date) => said(date, { hour: "numeric", minute: "2-digit", second: "2-digit", hour12 }),
  ago,
};

/** `{date_short_pretty} at {time}` of a moment; what begins a line begins with a capital. */
export function formatted(unix, tokens) {
  const date = new Date(unix * 1000);
  if (Number.isNaN(date.getTime())) return null;
  return tokens.replace(/\{(\w+)\}/g, (token, name) => TOKENS[name]?.(date) ?? token);
}
