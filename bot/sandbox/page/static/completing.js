// What a line could go on with. It knows lists of questions and their arguments, and nothing of the page.

const COMMAND = "/insights";

/** `{label, hint, line}` each: what is offered, what it means, and the line once it is taken. */
export function completions(line, questions) {
  if (!line.startsWith("/")) return [];
  const words = line.split(" ");
  if (words.length === 1) return starting([{ label: COMMAND, hint: "ask, or order something", line: `${COMMAND} ` }], line);
  if (words[0] !== COMMAND) return [];
  const said = words.slice(1), last = said.at(-1);
  const before = line.slice(0, line.length - last.length);
  if (said.length === 1) return starting(names(questions, before), last);
  const question = questions.find(({ name }) => name === said[0]);
  if (!question) return said[0] === "help" && said.length === 2 ? starting(names(questions, before), last) : [];
  return [...examples(question, line), ...argument(question, said.slice(1, -1), before, last)].slice(0, 12);
}

const starting = (offered, start) => offered.filter(({ label }) => label.startsWith(start) && label !== start);

function names(questions, before) {
  const help = { name: "help", summary: "what can be asked" };
  return [...questions, help].map(({ name, summary }) => ({ label: name, hint: summary, line: `${before}${name} ` }));
}

function examples({ examples: known }, line) {
  const whole = known.map((example) => `${COMMAND} ${example}`);
  return whole.filter((each) => each.startsWith(line) && each !== line).map((each) => ({ label: each.slice(COMMAND.length + 1), hint: "an example", line: each }));
}

function argument({ arguments: known }, given, before, last) {
  const [name, value] = last.split("=");
  const found = known.find((each) => each.name === name);
  if (value !== undefined) return found ? values(found, before, value) : [];
  const left = known.filter((each) => !given.some((word) => word.startsWith(`${each.name}=`)));
  return starting(left.map((each) => ({ label: `${each.name}=`, hint: each.help, line: `${before}${each.name}=` })), last);
}

function values({ name, values: known }, before, value) {
  const said = value.split(","), start = said.pop();
  const rest = said.map((each) => `${each},`).join("");
  return starting(known.map((each) => ({ label: each, hint: "", line: `${before}${name}=${rest}${each}` })), start);
}
