// A pie: segments clockwise from the top, each a share of the sum.

import { number } from "./axis.js";
import { svg } from "./dom.js";

const SIZE = 200, MIDDLE = SIZE / 2, RADIUS = 92;

export function pie({ segments }) {
  const sum = segments.reduce((so, { value }) => so + value, 0);
  let from = 0;
  const marks = segments.map(({ label, value }, at) => {
    const until = from + value / sum, half = (from + until) / 2;
    const look = { class: `mark s${at % 6}` };
    const whole = value === sum;
    const node = whole ? svg("circle", { ...look, cx: MIDDLE, cy: MIDDLE, r: RADIUS }) : svg("path", { ...look, d: slice(from, until) });
    from = until;
    const [x, y] = whole ? [MIDDLE, MIDDLE] : point(half, RADIUS * 0.6);
    return { node, x, y, says: `${label}: ${number(value)} (${number(Math.round((value / sum) * 1000) / 10)} %)` };
  });
  return { width: SIZE, height: SIZE, marks, nodes: marks.map((mark) => mark.node) };
}

function point(share, radius) {
  const angle = share * 2 * Math.PI - Math.PI / 2;
  return [MIDDLE + radius * Math.cos(angle), MIDDLE + radius * Math.sin(angle)];
}

function slice(from, until) {
  const [begin, end] = [point(from, RADIUS), point(until, RADIUS)];
  return `M${MIDDLE} ${MIDDLE}L${begin.join(" ")}A${RADIUS} ${RADIUS} 0 ${until - from > 0.5 ? 1 : 0} 1 ${end.join(" ")}Z`;
}
