"""Processes forked from one that has imported the bot.

They are as real as any, and most of what a start takes is imports.
"""

import asyncio
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, TypeAlias, cast

import bot.questions

Pipe: TypeAlias = "Connection[Any, Any]"
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        *("bot.app", "bot.cli", "bot.demo.server", "bot.demo.tour", "bot.schedules.dbos_engine"),
        *(f"bot.questions.{module.name}" for module in iter_modules(bot.questions.__path__)),
        *("aiosqlite", "alembic.command", "anyio._backends._asyncio", "httpcore", "sqlalchemy.dialects.sqlite"),
    ]
)


class ForkedProcess:
    """A forked process, with what tests use of `asyncio.subprocess.Process`."""

    def __init__(self, process: ForkServerProcess, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader) -> None:
        self._process = process
        self.stdout = stdout
        self.stderr = stderr

    @property
    def pid(self) -> int:
        return cast("int", self._process.pid)

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, signum: int) -> None:
        os.kill(self.pid, signum)

    def kill(self) -> None:
        self._process.kill()

    async def wait(self) -> int:
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        return cast("int", self.returncode)


async def start_forked(folder: Path, program: Sequence[str], variables: Mapping[str, str]) -> ForkedProcess:
    """Run a module with its arguments, and with only these environment variables."""
    (stdout, out), (stderr, err) = FORKS.Pipe(duplex=False), FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_run, args=(folder, program, variables, out, err))
    process.start()
    out.close()
    err.close()
    return ForkedProcess(process, await _reader(stdout), await _reader(stderr))


async def _reader(pipe: Pipe) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader


def _run(folder: Path, program: Sequence[str], variables: Mapping[str, str], out: Pipe, err: Pipe) -> None:
    """Become the program, in the forked process."""
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    out.close()
    err.close()
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    sys.argv = list(program)
    runpy.run_module(program[0], run_name="__main__", alter_sys=True)
