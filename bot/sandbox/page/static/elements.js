// What can be pressed or chosen from. *act* is told what was done: `{block, action, option?}`.

import { confirmed } from "./dialogs.js";
import { el } from "./dom.js";
import { menu } from "./menu.js";
import { isSafe, text } from "./mrkdwn.js";

const DRAWN = { button, icon_button: button, static_select: select, overflow, radio_buttons: choices, checkboxes: choices, image };

export function element(body, block, act) {
  const draw = DRAWN[body.type];
  if (!draw) return el("span", { class: "undrawn" }, `This page does not draw ${body.type}.`);
  const action = body.action_id ?? `${block}-action`;
  return draw(body, async (option) => {
    if (body.confirm && !(await confirmed(body.confirm))) return;
    await act({ block, action, option });
  }, `${block} ${action}`);
}

function button(body, press, key) {
  const node = el("button", { type: "button", class: body.style, "data-key": key, "aria-label": body.accessibility_label }, text(body.text));
  node.addEventListener("click", async () => {
    if (body.url && isSafe(body.url)) window.open(body.url, "_blank", "noopener,noreferrer");
    node.classList.add("busy"); // it stays where the keyboard is
    node.setAttribute("aria-busy", "true");
    await press();
    node.classList.remove("busy");
    node.removeAttribute("aria-busy");
  });
  return node;
}

export const optionsOf = (body) => (body.option_groups ?? [body]).flatMap(({ options }) => options);
const known = (each) => ({ label: text(each.text), value: each.value, hint: each.description && text(each.description), url: each.url });

function select(body, choose, key) {
  const chosen = optionsOf(body).findIndex(({ value }) => value === body.initial_option?.value);
  const name = text(body.placeholder) || "Choose";
  const shown = body.initial_option ? text(body.initial_option.text) : name;
  return menu(shown, optionsOf(body).map(known), ({ value }) => choose(value), { name, chosen, key });
}

function overflow(body, choose, key) {
  const pick = ({ value, url }) => {
    if (url && isSafe(url)) window.open(url, "_blank", "noopener,noreferrer");
    choose(value);
  };
  return menu("⋯", body.options.map(known), pick, { name: "More", look: "overflow", key });
}

function choices(body, choose, key) {
  const one = body.type === "radio_buttons";
  const first = [body.initial_option, ...(body.initial_options ?? [])].filter(Boolean).map(({ value }) => value);
  const each = ({ label, value, hint }) => {
    const input = el("input", { type: one ? "radio" : "checkbox", name: key, checked: first.includes(value), change: () => choose(value) });
    return el("label", {}, input, " ", label, hint && el("small", {}, " ", hint));
  };
  return el("div", { class: "choices", role: one ? "radiogroup" : "group", "aria-label": "Options" }, body.options.map(known).map(each));
}

/** No picture is fetched: this page asks nobody outside. What it shows is said. */
export function image(body) {
  return el("span", { class: "picture", role: "img", "aria-label": body.alt_text }, "🖼 ", body.alt_text);
}
