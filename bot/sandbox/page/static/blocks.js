// Those of Slack's blocks and elements that messages here have, each drawn by a function; others are named.
// *act* is told what was pressed or chosen: `{block, action, option?}`.

import { chart } from "./chart.js";
import { confirmed } from "./dialogs.js";
import { button, el } from "./dom.js";
import { menu } from "./menu.js";
import { isSafe, mrkdwn, text } from "./mrkdwn.js";
import { table } from "./table.js";

const BLOCKS = {
  header: (block) => el("h3", {}, text(block.text)),
  section: (block, act) => [
    el("div", { class: "mrkdwn" }, block.fields ? undrawn("fields") : null, text(block.text)),
    block.accessory && el("div", { class: "accessory" }, element(block.accessory, block.block_id, act)),
  ],
  context: ({ elements }) => el("div", { class: "context mrkdwn" }, elements.map(remark)),
  divider: () => el("hr"),
  actions: (block, act) =>
    el("div", { class: "actions" }, block.elements.map((each) => element(each, block.block_id, act))),
  data_visualization: (block) => chart(block) ?? undrawn(`a chart of type ${block.chart.type}`),
  data_table: (block) => el("div", { class: "data-table" }, table(block)),
};
const ELEMENTS = { button: pressed, static_select: menu };

/** *others* draw what only this view has. */
export function blocks(all, act, others = {}) {
  const draw = { ...BLOCKS, ...others };
  return all.map((block, at) =>
    el("div", { class: `block ${block.type}` }, draw[block.type]?.(block, act, at) ?? undrawn(block.type)),
  );
}

/** A message without blocks is its text. */
export const body = ({ blocks: all, text: said }, act) =>
  all.length ? blocks(all, act) : el("div", { class: "block mrkdwn" }, mrkdwn(said));

const remark = (each) => el("span", {}, each.type === "image" ? each.alt_text : text(each));
const undrawn = (what) =>
  el("p", { class: "undrawn" }, `This page does not draw ${what}; the JSON says what it is.`);

function element(body, block, act) {
  const action = body.action_id;
  const done = async (option) => {
    if (!body.confirm || (await confirmed(body.confirm))) await act({ block, action, option });
  };
  return ELEMENTS[body.type]?.(body, done, `${block} ${action}`) ?? undrawn(body.type);
}

function pressed(body, press, key) {
  const given = { class: body.style, "data-key": key, "aria-label": body.accessibility_label };
  const node = button(text(body.text), async () => {
    if (body.url && isSafe(body.url)) window.open(body.url, "_blank", "noopener,noreferrer");
    node.setAttribute("aria-busy", "true"); // it stays where the keyboard is
    await press();
    node.removeAttribute("aria-busy");
  }, given);
  return node;
}
