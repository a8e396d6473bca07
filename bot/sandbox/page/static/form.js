// A modal's inputs, by the browser's own controls: each has its label, its hint, and room for what is wrong with it.

import { el, newId } from "./dom.js";
import { optionsOf } from "./elements.js";
import { text } from "./mrkdwn.js";

const PICKED = { timepicker: ["time", "initial_time"], datepicker: ["date", "initial_date"] };

/** `{node, block, action, optional, value(), fault(sentence), focus()}` */
export function input(block, at) {
  const { element, label, hint, optional } = block;
  const name = newId("input"), about = newId("about"), wrong = newId("wrong");
  const given = { id: name, "aria-describedby": `${about} ${wrong}`, "aria-required": String(!optional) };
  const control = made(element, given);
  const fault = el("p", { class: "fault", id: wrong, role: "alert" });
  const node = el("div", { class: "input" }, el("label", { for: name }, text(label), optional && el("span", { class: "optional" }, " (optional)")), control, el("p", { class: "hint", id: about }, text(hint)), fault);
  return {
    node,
    block: block.block_id ?? `input-${at}`,
    action: element.action_id ?? text(label),
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
  const first = { ...given, placeholder: text(element.placeholder), autofocus: element.focus_on_load };
  if (element.type in PICKED) return el("input", { ...given, type: PICKED[element.type][0], value: element[PICKED[element.type][1]] });
  if (element.type === "plain_text_input" && element.multiline) return el("textarea", { ...first, rows: 4, maxlength: element.max_length }, element.initial_value);
  if (element.type === "plain_text_input") return el("input", { ...first, type: "text", maxlength: element.max_length, value: element.initial_value });
  if (element.options || element.option_groups) return chosen(element, given);
  return el("input", { ...given, type: "text", disabled: true, value: `This page does not draw ${element.type}.` });
}

function chosen(element, given) {
  const first = element.initial_option ?? element.initial_options?.[0];
  const options = optionsOf(element).map((each) => el("option", { value: each.value, selected: each.value === first?.value }, text(each.text)));
  return el("select", given, !first && el("option", { value: "" }, text(element.placeholder) || "Choose"), options);
}
