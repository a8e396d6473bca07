// Slack's blocks, each drawn by a function of its name.

import { chart } from "./chart.js";
import { el } from "./dom.js";
import { element, image } from "./elements.js";
import { mrkdwn, text } from "./mrkdwn.js";
import { dataTable } from "./table.js";

const DRAWN = {
  header: (block) => el("h3", {}, text(block.text)),
  section,
  context: (block) => el("div", { class: "context mrkdwn" }, block.elements.map((each) => el("span", {}, each.type === "image" ? image(each) : text(each)))),
  divider: () => el("hr"),
  actions: (block, act) => el("div", { class: "actions" }, block.elements.map((each) => element(each, block.block_id, act))),
  image: (block) => el("figure", {}, block.title && el("figcaption", {}, text(block.title)), image(block)),
  data_visualization: chart,
  data_table: dataTable,
  alert: (block) => el("p", { class: `alert ${block.level ?? "default"}`, role: "note" }, text(block.text)),
};

export function blocks(all, act, others = {}) {
  return all.map((block, at) => {
    const draw = others[block.type] ?? DRAWN[block.type] ?? undrawn;
    return el("div", { class: `block ${block.type}` }, draw(block, act, at));
  });
}

function section(block, act) {
  const fields = block.fields && el("div", { class: "fields" }, block.fields.map((field) => el("div", {}, text(field))));
  const said = el("div", { class: "mrkdwn" }, text(block.text), fields);
  return [said, block.accessory && el("div", { class: "accessory" }, element(block.accessory, block.block_id, act))];
}

const undrawn = (block) => el("p", { class: "undrawn" }, `This page does not draw ${block.type}; the JSON says what it is.`);

/** A message without blocks is its text. */
export const body = ({ blocks: all, text: said }, act) => (all.length ? blocks(all, act) : el("div", { class: "block mrkdwn" }, mrkdwn(said)));
