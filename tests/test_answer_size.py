"""A reply takes at most three times the size cap in memory, however well it is compressed."""

import asyncio
import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.launchdarkly import ClientLimits, Version
from bot.launchdarkly.request import MAX_VALUES
from tests.misbehaving_server import SampleReply, client_for, http_response, misbehaving_server

HOUSE = Path(__file__).parent.parent
PATH = "/api/v2/things"
CAP = ClientLimits().body_bytes
NEARLY = CAP - 100_000
FLAG = b'{"name": "a", "kind": "boolean", "variations": ['
LINE = "flag a web/production"

# The kernel keeps the peak of a process, and the process keeps memory that it has freed: so each reply has its own.
ASK = """
import asyncio, json, sys
from pathlib import Path
from tests.misbehaving_server import conversation_at

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024

async def main(url, line):
    async with conversation_at(url, launchdarkly_cache_seconds=0) as someone:
        await someone.send(line)
        before = peak()
        answer = await someone.send(line)
        print(json.dumps([answer.error_summary, peak() - before]))

asyncio.run(main(*sys.argv[1:]))
"""


def _repeated(begin: bytes, item: bytes, end: bytes) -> bytes:
    return begin + item * ((NEARLY - len(begin) - len(end)) // len(item)) + end


DEEP = b'{"value": ' + b'{"a":' * 300 + b"0" + b"}" * 301 + b","
BOMBS: dict[str, tuple[int, Callable[[], bytes], str]] = {
    "60 kB of spaces": (200, lambda: b" " * 60_000_000, "larger than 10 MB"),
    "300 kB of spaces": (200, lambda: b" " * 300_000_000, "larger than 10 MB"),
    "300 kB of spaces in a failure": (400, lambda: b" " * 300_000_000, "larger than 10 MB"),
    "as many spaces as may be": (200, lambda: b" " * NEARLY, "truncated"),
    "many small objects": (200, lambda: _repeated(FLAG, b"{},", b"{}]}"), "more than 100,000 values"),
    "many small lists": (200, lambda: _repeated(b'{"name": "a", "x": [', b"[],", b"[]]}"), "more than 100,000 values"),
    "as many values as may be, nested": (
        200,
        lambda: FLAG + DEEP * (MAX_VALUES // 302) + b'{"value": 0}]}',
        "exists, but",
    ),
}


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from Linux")
@pytest.mark.parametrize("name", BOMBS)
async def test_largest_allowed_answer_uses_at_most_three_times_its_cap(name: str) -> None:
    status, body, expected = BOMBS[name]
    answer = http_response(status, gzip.compress(body()), Content_Encoding="gzip")
    denied = http_response(403)  # the first question, and all but the flag itself of the second
    async with misbehaving_server(lambda n: answer if n == 3 else denied) as server:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", ASK, server.url, LINE), cwd=HOUSE, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await child.communicate()
    summary, growth = json.loads(printed)
    assert expected in summary
    assert growth < 3 * CAP


async def test_multi_member_gzip_answer_is_read_completely() -> None:
    body = b'{"name": "one", "parts": {"a": 1}}'
    sent = [gzip.compress(body[:cut]) + gzip.compress(b"") + gzip.compress(body[cut:]) for cut in range(len(body))]
    async with (
        misbehaving_server(lambda n: http_response(200, sent[n - 1], Content_Encoding="gzip")) as server,
        client_for(server.url) as launchdarkly,
    ):
        for _ in sent:
            found = await launchdarkly.get(SampleReply, PATH, version=Version.BETA)
            assert found == SampleReply(name="one", parts={"a": 1})
