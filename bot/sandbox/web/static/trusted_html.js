// Turns the server's HTML fragments into nodes: the only place where text becomes markup. Jinja has escaped all
// untrusted text in them, and the page runs no script but its own files.

const policy = window.trustedTypes?.createPolicy("trusted-html", { createHTML: (html) => html });

export function nodes(html) {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(html) : html;
  return template.content;
}

export const $ = (name) => document.getElementById(name);
