// Moments in the zone of whoever reads, in those of Slack's forms that messages here have.
// https://docs.slack.dev/messaging/formatting-message-text#date-formatting

import { now } from "./store.js";

const { hour12 } = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions();
const HOUR = { hour: "numeric", minute: "2-digit", hour12 };
const DATE = { month: "short", day: "numeric", year: "numeric" };
const form = (how) => new Intl.DateTimeFormat("en", how).format;

export const time = form(HOUR);
export const day = form({ weekday: "long", month: "long", day: "numeric" });
export const whole = form({ weekday: "short", ...DATE, ...HOUR });
const short = form(DATE);

/** What of a message may say today, and later something else. */
export const today = () => day(now());

const midnight = (date) => new Date(date).setHours(0, 0, 0, 0);
const daysFrom = (date) => Math.round((midnight(date) - midnight(now())) / 86_400_000);

const TOKENS = {
  date_short: short,
  date_short_pretty: (date) => ["yesterday", "today", "tomorrow"][daysFrom(date) + 1] ?? short(date),
  time,
};

/** `{date_short_pretty} at {time}` of a moment; nothing where it cannot be told like that. */
export function formatted(date, tokens) {
  if (Number.isNaN(date.getTime())) return null;
  const said = tokens.replace(/\{(\w+)\}/g, (token, name) => TOKENS[name]?.(date) ?? token);
  return said.includes("{") ? null : said;
}
