// Dates in the time zone of the person at the keyboard, as her Slack would show them, wherever the browser is.
// https://docs.slack.dev/messaging/formatting-message-text#date-formatting

import { on } from "./news.js";

const { hour12 } = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions();
const HOUR = { hour: "numeric", minute: "2-digit", hour12 }, DATE = { month: "short", day: "numeric", year: "numeric" };
const { zone: timeZone } = document.body.dataset;
const form = (how) => new Intl.DateTimeFormat("en", { ...how, timeZone }).format;

export const whole = form({ weekday: "short", ...DATE, ...HOUR });
const short = form(DATE);

let ahead = 0;
on("now", (seconds) => {
  ahead = seconds * 1000 - Date.now();
  date(document); // what was said to be today may be yesterday now
});

/** The demo's time. */
export const now = () => new Date(Date.now() + ahead);

const isoDay = new Intl.DateTimeFormat("sv", { timeZone }).format;
const daysFrom = (date) => (Date.parse(isoDay(date)) - Date.parse(isoDay(now()))) / 86_400_000;

const TOKENS = {
  __proto__: null, // it has these names, and no others
  date_short: short,
  date_short_pretty: (date) => ["yesterday", "today", "tomorrow"][daysFrom(date) + 1] ?? short(date),
  time: form(HOUR),
  day: form({ weekday: "long", month: "long", day: "numeric" }),
};

/** Fill in the moments: `{date_short_pretty} at {time}`. One that cannot be told like that stays as it is. */
export function date(within) {
  for (const node of within.querySelectorAll("time[data-tokens]")) {
    const at = new Date(node.dateTime);
    const said = node.dataset.tokens.replace(/\{(\w+)\}/g, (token, name) => TOKENS[name]?.(at) ?? token);
    if (!said.includes("{")) node.textContent = said;
    node.title ||= whole(at);
  }
}
