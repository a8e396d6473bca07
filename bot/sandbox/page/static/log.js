// A column of messages that is told what to hold, and changes no more than it has to.

import { day } from "./dates.js";
import { el } from "./dom.js";

/** *look* says what a message's drawing depends on, and *draw* draws it. *before* stands above them all. */
export function column(node, look, draw, before = []) {
  const drawn = new Map();
  const grown = new ResizeObserver(() => low && end());
  let showing = null;
  let low = false; // whether its end is in sight, where it is kept while what it holds grows
  node.addEventListener("scroll", () => (low = node.scrollHeight - node.scrollTop - node.clientHeight < 60));
  grown.observe(node);

  /** *what* names what is shown: another is shown from its end or beginning, the same stays where it is. */
  return function show(what, messages, fromEnd) {
    const fresh = showing !== what, wasLow = low;
    const focused = node.contains(document.activeElement) ? document.activeElement : null;
    const held = [...before, ...messages.flatMap(articles)], last = held.at(-1);
    const isNew = !last?.isConnected;
    hold(held);
    showing = what;
    if (focused && !focused.isConnected) refocus(focused);
    if (fresh && fromEnd) end();
    else if (fresh) node.scrollTop = 0;
    else if (isNew && (wasLow || last.classList.contains("alone"))) reveal(last);
  };

  function articles(message, at, all) {
    const [before, its] = [all[at - 1], message].map((each) => each && day(each.at * 1000));
    const divider = () => el("h3", { class: "day" }, el("span", {}, its));
    const article = kept(message.ts, look(message), () => draw(message));
    return before === its ? [article] : [kept(its, "", divider), article];
  }

  function kept(name, its, make) {
    if (drawn.get(name)?.its === its) return drawn.get(name).made;
    const made = make();
    grown.observe(made);
    drawn.set(name, { its, made });
    return made;
  }

  function hold(held) {
    [...node.children].filter((child) => !held.includes(child)).forEach((child) => child.remove());
    held.forEach((each, at) => each === node.children[at] || node.insertBefore(each, node.children[at]));
  }

  /** The keyboard stays on what it was on, also when that is drawn anew. */
  function refocus(lost) {
    const ts = lost.closest("[data-ts]")?.dataset.ts;
    const article = drawn.get(ts)?.made;
    const same = article?.querySelector(`[data-key="${CSS.escape(lost.dataset.key)}"]`);
    [same, article, node].find((each) => each?.isConnected).focus({ preventScroll: true });
  }

  /** All of it, or where it begins. */
  function reveal(article) {
    if (article.offsetHeight > node.clientHeight) article.scrollIntoView({ block: "start" });
    else end();
  }

  function end() {
    node.scrollTop = node.scrollHeight;
    low = true;
  }
}
