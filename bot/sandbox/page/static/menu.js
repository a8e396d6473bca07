// Slack's menu, which opens below its button: arrows move, a letter jumps, Enter chooses, Escape leaves.

import { button, el } from "./dom.js";
import { text } from "./mrkdwn.js";

export const optionsOf = (body) => (body.option_groups ?? [body]).flatMap(({ options }) => options);

export function menu(body, choose, key) {
  const options = optionsOf(body);
  const chosen = options.findIndex(({ value }) => value === body.initial_option?.value);
  const name = text(body.placeholder) || "Choose";
  const label = chosen < 0 ? name : text(options[chosen].text);
  const items = options.map((option, at) => {
    const given = { role: "option", tabindex: "-1", "aria-selected": String(at === chosen) };
    return el("li", { ...given, click: () => pick(option.value) }, text(option.text));
  });
  const as = { role: "listbox", class: "menu", "aria-label": name };
  const list = el("ul", { ...as, hidden: true, keydown: keyed }, items);
  const opener = button(label, () => (list.hidden ? open() : close()), {
    class: "select",
    "data-key": key,
    "aria-haspopup": "listbox",
    "aria-expanded": "false",
    "aria-label": chosen < 0 ? name : `${name}: ${label}`,
    keydown: (event) => event.key === "ArrowDown" && (event.preventDefault(), open()),
  });

  function open() {
    show(true);
    items[Math.max(0, chosen)].focus();
    list.scrollIntoView({ block: "nearest" });
  }

  function close() {
    show(false);
    opener.focus();
  }

  function show(is) {
    list.hidden = !is;
    opener.setAttribute("aria-expanded", String(is));
  }

  function pick(value) {
    close();
    choose(value);
  }

  function keyed(event) {
    event.stopPropagation();
    event.preventDefault();
    const at = items.indexOf(event.target);
    const ways = { ArrowDown: (at + 1) % items.length, ArrowUp: at - 1, Home: 0, End: -1 };
    if (event.key in ways) items.at(ways[event.key]).focus();
    else if ([" ", "Enter"].includes(event.key)) event.target.click();
    else if (["Escape", "Tab"].includes(event.key)) close();
    else items.find((item) => item.textContent.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  }

  const left = (event) => event.currentTarget.contains(event.relatedTarget) || show(false);
  return el("span", { class: "menu-of", focusout: left }, opener, list);
}
