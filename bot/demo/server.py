"""The page on a port of this machine, and of no other, until it is told to end."""

import asyncio
import errno
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from bot.demo.browser import show
from bot.demo.environment import Demo
from bot.demo.shutdown import until_told
from bot.errors import Misconfigured
from bot.sandbox.http_server import serving
from bot.sandbox.web import page

TRIED = 20  # ports
HIGHEST = 65535
TRY = "Last Monday's digest is in #releases. Type /insights scores there, or press “next slot” for the next digest."
TRY_THE_REAL = "Type /insights help in a channel."
END = "Ctrl-C ends it."


async def keep_open(
    stage: AbstractAsyncContextManager[Demo],
    port: int,
    browser: webbrowser.BaseBrowser | None,
    say: Callable[[str], None],
) -> None:
    """The demo's page, in a browser if there is one, until Ctrl-C; what there is to try is said."""
    async with until_told(stage) as demo, served(demo, port) as url:
        free = not port or url.endswith(f":{port}")
        say(f"{'The' if free else f'Port {port} is taken: the'} demo is at {url}. {demo.notice}")
        say(TRY_THE_REAL if demo.real else TRY)
        say(END)
        if browser:
            show(browser, url)
        await asyncio.Event().wait()


@asynccontextmanager
async def served(demo: Demo, port: int) -> AsyncIterator[str]:
    """On this port, or on the next that is free; 0 is any."""
    async with AsyncExitStack() as behind:
        for tried in range(port, min(port + TRIED, HIGHEST + 1)) if port else [0]:
            try:
                url = await behind.enter_async_context(serving(page(demo), tried))
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
            else:
                yield url
                return
    raise Misconfigured(f"Port {port} cannot be used, nor those after it.", "Choose another with --port; 0 is any.")
