"""What a line could go on with, laid out so that a page only looks it up: by what stands before the word begun."""

from collections.abc import Iterable, Mapping
from typing import Any

COMMAND = "/insights"


def completions(spoken: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Words with what they mean, by the line's first two words and the argument whose value is begun."""
    known = list(spoken)
    names = [[f"{one['name']} ", one["summary"]] for one in known] + [["help ", "what can be asked"]]
    words = {"": [[f"{COMMAND} ", "ask, or order something"]], COMMAND: names, f"{COMMAND} help": names}
    for one in known:
        line = f"{COMMAND} {one['name']}"
        words[line] = [[f"{argument['name']}=", argument["help"]] for argument in one["arguments"]]
        for argument in one["arguments"]:
            words[f"{line} {argument['name']}="] = [[value, ""] for value in argument["values"]]
    return {"words": words, "examples": [f"{COMMAND} {example}" for one in known for example in one["examples"]]}
