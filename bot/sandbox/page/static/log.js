// A column of messages that is told what to hold, and changes no more than it has to.

import { weekday } from "./dates.js";
import { el } from "./dom.js";

export class Log {
  constructor(node, draw, before = []) {
    this.node = node;
    this.draw = draw;
    this.before = before;
    this.drawn = new Map();
    this.showing = null;
    this.visited = false; // whether it is shown from its end
    this.low = false; // whether its end is in sight, where it is kept while what it holds grows
    this.grown = new ResizeObserver(() => this.low && this.end());
    node.addEventListener("scroll", () => (this.low = this.isLow()));
  }

  isLow() {
    return this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < 60;
  }

  end() {
    this.node.scrollTop = this.node.scrollHeight;
    this.low = true;
  }

  /** *what* names what is shown: another one is shown from its end, the same stays where it is. */
  show(what, messages) {
    const fresh = this.showing !== what;
    const low = this.isLow();
    const focused = this.node.contains(document.activeElement) ? document.activeElement : null;
    const known = new Set(this.node.children);
    const wanted = [...this.before, ...this.articles(messages)];
    this.place(wanted);
    this.showing = what;
    if (focused && !focused.isConnected) this.refocus(focused);
    const last = wanted.at(-1);
    if (!last || this.before.includes(last)) return;
    if (fresh) this.visited ? this.end() : (this.node.scrollTop = 0);
    else if (!known.has(last) && (low || last.classList.contains("alone"))) this.reveal(last);
  }

  articles(messages) {
    const nodes = [];
    let day = "";
    for (const message of messages) {
      const its = weekday(new Date(message.at * 1000));
      if (its !== day) nodes.push(this.divider((day = its)));
      nodes.push(this.article(message));
    }
    return nodes;
  }

  divider(day) {
    return this.kept(`day ${day}`, day, () => el("h3", { class: "day" }, el("span", {}, day)));
  }

  article(message) {
    const { look, make } = this.draw(message);
    return this.kept(message.ts, look, make);
  }

  kept(name, look, make) {
    const old = this.drawn.get(name);
    if (old && old.look.length === look.length && [...look].every((part, at) => part === old.look[at])) return old.node;
    const node = make();
    this.grown.observe(node);
    this.drawn.set(name, { look, node });
    return node;
  }

  place(wanted) {
    let next = this.node.firstChild;
    for (const node of wanted) {
      if (node === next) next = next.nextSibling;
      else this.node.insertBefore(node, next);
    }
    while (next) next = remove(next);
  }

  /** The keyboard stays on what it was on, also when that is drawn anew. */
  refocus(lost) {
    const ts = lost.closest("[data-ts]")?.dataset.ts;
    const article = [...this.node.children].find((node) => node.dataset.ts === ts);
    const again = [...(article?.querySelectorAll("[data-key]") ?? [])].find((node) => node.dataset.key === lost.dataset.key);
    (again ?? article ?? this.node).focus({ preventScroll: true });
  }

  /** All of it, or where it begins. */
  reveal(node) {
    if (node.offsetHeight > this.node.clientHeight) node.scrollIntoView({ block: "start" });
    else this.end();
  }
}

function remove(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}
