// Numbers on an axis, and how much room a label needs.

export const number = (value) => new Intl.NumberFormat("en", { maximumFractionDigits: 2 }).format(value);

/** Round values from below the least to above the most, a handful of them. */
export function ticks(values) {
  const least = Math.min(0, ...values), most = Math.max(0, ...values);
  const rough = (most - least || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = power * [1, 2, 5, 10].find((times) => times * power >= rough);
  if (values.every(Number.isInteger)) step = Math.max(1, step);
  const first = Math.floor(least / step), last = Math.max(Math.ceil(most / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

export const width = (label) => [...label].length * 6.6;

/** Each nth label, so that none runs into the next. */
export const spread = (labels, room) => Math.max(1, Math.ceil((Math.max(...labels.map(width)) + 10) / room));
