// Elements, made of what they hold. Text is only ever text: nothing here, or anywhere, reads markup.

export function el(name, given, ...inside) {
  return filled(document.createElement(name), given, inside);
}

export function svg(name, given, ...inside) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), given, inside);
}

function filled(node, given, inside) {
  for (const [key, value] of Object.entries(given ?? {})) {
    if (typeof value === "function") node.addEventListener(key, value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...inside.flat(Infinity).filter((part) => part !== undefined && part !== null && part !== false));
  return node;
}

export const $ = (name) => document.getElementById(name);

let made = 0;
export const newId = (prefix) => `${prefix}-${++made}`;
