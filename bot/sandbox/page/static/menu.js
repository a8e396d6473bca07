// A menu that opens below its button: arrows move, a letter jumps, Enter chooses, Escape leaves.

import { el, newId } from "./dom.js";

const option = (list, at) => list.children[at];

/** *options* are `{label, value, hint?}`; *choose* is told which. */
export function menu(shown, options, choose, { name, chosen = -1, look = "", key } = {}) {
  const list = el("ul", { role: "listbox", tabindex: "-1", class: "menu", hidden: true, "aria-label": name });
  list.append(...options.map(({ label, hint }, at) => item(label, hint, at === chosen, () => pick(at))));
  const button = el("button", { type: "button", class: `select ${look}`, "aria-haspopup": "listbox", "aria-expanded": "false", "aria-label": chosen < 0 ? name : `${name}: ${options[chosen].label}`, "data-key": key }, shown);
  let active = -1;

  function open() {
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    move(Math.max(0, chosen));
    list.focus();
    list.scrollIntoView({ block: "nearest" });
  }

  function close(back = true) {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (back) button.focus();
  }

  function move(to) {
    option(list, active)?.classList.remove("active");
    active = (to + options.length) % options.length;
    option(list, active).classList.add("active");
    option(list, active).scrollIntoView({ block: "nearest" });
    list.setAttribute("aria-activedescendant", option(list, active).id);
  }

  function pick(at) {
    close();
    choose(options[at]);
  }

  const keys = {
    ArrowDown: () => move(active + 1),
    ArrowUp: () => move(active - 1),
    Home: () => move(0),
    End: () => move(options.length - 1),
    Enter: () => pick(active),
    " ": () => pick(active),
    Escape: () => close(),
    Tab: () => close(),
  };

  function jump(letter) {
    const at = options.findIndex(({ label }) => label.toLowerCase().startsWith(letter.toLowerCase()));
    if (at >= 0) move(at);
  }

  button.addEventListener("click", () => (list.hidden ? open() : close()));
  button.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || !list.hidden) return;
    event.preventDefault();
    open();
  });
  list.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Tab") event.preventDefault();
    (keys[event.key] ?? (() => event.key.length === 1 && jump(event.key)))();
  });
  list.addEventListener("focusout", (event) => event.relatedTarget !== button && close(false));
  return el("span", { class: "menu-of" }, button, list);
}

function item(label, hint, selected, pick) {
  const says = hint ? [label, el("small", {}, hint)] : label;
  return el("li", { role: "option", id: newId("option"), "aria-selected": String(selected), click: pick }, says);
}
