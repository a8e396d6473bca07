// A modal's inputs, by the browser's own controls: each has its label, its hint, and room for what is wrong.

import { el, newId } from "./dom.js";
import { optionsOf } from "./menu.js";
import { text } from "./mrkdwn.js";

/** `{node, block, action, optional, value(), fault(sentence), focus()}` */
export function input({ element, label, hint, optional, block_id: block }, at) {
  const [id, about, wrong] = [newId(), newId(), newId()];
  const given = { id, "aria-describedby": `${about} ${wrong}`, "aria-required": String(!optional) };
  const control = made(element, { ...given, placeholder: text(element.placeholder) || null });
  const fault = el("p", { class: "fault", id: wrong, role: "alert" });
  const name = [text(label), optional && el("span", { class: "optional" }, " (optional)")];
  return {
    node: [el("label", { for: id }, name), control, el("p", { class: "hint", id: about }, text(hint)), fault],
    block: block ?? `input-${at}`,
    action: element.action_id,
    optional,
    value: () => control.value,
    focus: () => control.focus(),
    fault(sentence) {
      fault.textContent = sentence;
      control.setAttribute("aria-invalid", String(Boolean(sentence)));
    },
  };
}

function made(element, given) {
  const { type, multiline, max_length: maxlength, initial_value: value } = element;
  if (type === "timepicker") return el("input", { ...given, type: "time", value: element.initial_time });
  if (type === "datepicker") return el("input", { ...given, type: "date", value: element.initial_date });
  if (type === "static_select") return chosen(element, given);
  if (type !== "plain_text_input") return el("output", given, `This page does not draw ${type}.`);
  if (multiline) return el("textarea", { ...given, rows: 4, maxlength }, value);
  return el("input", { ...given, type: "text", maxlength, value });
}

function chosen(element, given) {
  const first = element.initial_option?.value;
  const none = el("option", { value: "" }, text(element.placeholder) || "Choose");
  const options = optionsOf(element).map((each) =>
    el("option", { value: each.value, selected: each.value === first }, text(each.text)),
  );
  return el("select", given, !first && none, options);
}
