// The server's fragments, turned into nodes: the one place where text becomes markup. What in them is anybody's words
// was escaped by Jinja on its way in, so there is no markup but the templates'; and the page runs no script but its
// own files, whatever a fragment says.

const policy = window.trustedTypes?.createPolicy("fragments", { createHTML: (html) => html });

export function nodes(html) {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(html) : html;
  return template.content;
}

export const $ = (name) => document.getElementById(name);
