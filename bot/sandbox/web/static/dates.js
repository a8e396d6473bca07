// Dates in the time zone of the viewer, as Slack would show them, wherever the browser is.
// https://docs.slack.dev/messaging/formatting-message-text#date-formatting

import { on } from "./events.js";

const { hour12 } = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions();
const HOUR = { hour: "numeric", minute: "2-digit", hour12 }, DATE = { month: "short", day: "numeric", year: "numeric" };
const { zone: timeZone } = document.body.dataset;
const formatter = (options) => new Intl.DateTimeFormat("en", { ...options, timeZone }).format;

export const fullDate = formatter({ weekday: "short", ...DATE, ...HOUR });
const shortDate = formatter(DATE);

let offset = 0;
on("now", (seconds) => {
  offset = seconds * 1000 - Date.now();
  formatDates(document); // what was today may be yesterday now
});

/** The demo's time. */
export const now = () => new Date(Date.now() + offset);

const isoDay = new Intl.DateTimeFormat("sv", { timeZone }).format;
const daysFrom = (date) => (Date.parse(isoDay(date)) - Date.parse(isoDay(now()))) / 86_400_000;

const TOKENS = {
  __proto__: null, // it has these names, and no others
  date_short: shortDate,
  date_short_pretty: (date) => ["yesterday", "today", "tomorrow"][daysFrom(date) + 1] ?? shortDate(date),
  time: formatter(HOUR),
  day: formatter({ weekday: "long", month: "long", day: "numeric" }),
};

/** Fill in dates: `{date_short_pretty} at {time}`. One with unknown tokens stays as it is. */
export function formatDates(within) {
  for (const node of within.querySelectorAll("time[data-tokens]")) {
    const date = new Date(node.dateTime);
    const text = node.dataset.tokens.replace(/\{(\w+)\}/g, (token, name) => TOKENS[name]?.(date) ?? token);
    if (!text.includes("{")) node.textContent = text;
    node.title ||= fullDate(date);
  }
}
