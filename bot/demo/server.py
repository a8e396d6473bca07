"""Serve the demo's page on a port of this machine, reachable from this machine only, and open it in a browser."""

import asyncio
import errno
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from threading import Thread

from bot.demo.environment import Demo, cancelled_by_signal
from bot.errors import Misconfigured
from bot.sandbox.http_server import serving
from bot.sandbox.web import build_page

MAX_PORTS_TRIED = 20
MAX_PORT = 65535
SANDBOX_HINT = "Last Monday's digest is in #releases. Type /insights scores there, or jump to the next scheduled post."
LIVE_HINT = "Type /insights help in a channel."
STOP_HINT = "Press Ctrl-C to stop."
# These draw in the terminal itself, and run no scripts.
TERMINAL_BROWSERS = ("www-browser", "links", "elinks", "lynx", "w3m")


async def serve_until_stopped(
    demo_manager: AbstractAsyncContextManager[Demo],
    port: int,
    browser: webbrowser.BaseBrowser | None,
    echo: Callable[[str], None],
) -> None:
    """Serve the page until Ctrl-C, open it in *browser* if there is one, and print what to try."""
    async with cancelled_by_signal(demo_manager) as demo, serve(demo, port) as url:
        got_port = not port or url.endswith(f":{port}")
        echo(f"{'The' if got_port else f'Port {port} is taken: the'} demo is at {url}. {demo.notice}")
        echo(LIVE_HINT if demo.is_live else SANDBOX_HINT)
        echo(STOP_HINT)
        if browser:
            open_page(browser, url)
        await asyncio.Event().wait()


@asynccontextmanager
async def serve(demo: Demo, port: int) -> AsyncIterator[str]:
    """Serve the page on this port, or the next free one (0 means any); yield its address."""
    async with AsyncExitStack() as stack:
        for candidate in range(port, min(port + MAX_PORTS_TRIED, MAX_PORT + 1)) if port else [0]:
            try:
                url = await stack.enter_async_context(serving(build_page(demo), candidate))
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
            else:
                yield url
                return
    raise Misconfigured(
        f"Port {port} and the ones after it are taken.", "Choose another with --port; 0 picks a free one."
    )


def find_browser() -> webbrowser.BaseBrowser | None:
    """Return the preferred browser, else any, or None if there is no graphical one."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return None
    return None if browser.name in TERMINAL_BROWSERS else browser


def open_page(browser: webbrowser.BaseBrowser, url: str) -> None:
    """Open the page in a thread of its own: some browsers return only once they are closed."""
    Thread(target=browser.open, args=(url,), daemon=True).start()
