// Elements, made of what they hold. Text is only ever text: nothing here, or anywhere, reads markup.

const SVG = "http://www.w3.org/2000/svg";
const isThere = (part) => part !== undefined && part !== null && part !== false;

/** What is *given* are attributes, and listeners by the name of their event. */
export const el = (name, given, ...inside) => filled(document.createElement(name), given, inside);
export const svg = (name, given, ...inside) => filled(document.createElementNS(SVG, name), given, inside);
export const button = (label, click, given) => el("button", { type: "button", click, ...given }, label);

function filled(node, given, inside) {
  for (const [name, value] of Object.entries(given ?? {}).filter(([, value]) => isThere(value))) {
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...inside.flat(Infinity).filter(isThere));
  return node;
}

export const $ = (name) => document.getElementById(name);

let made = 0;
export const newId = () => `made-${++made}`;
