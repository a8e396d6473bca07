"""Find a browser on this machine, and open the page in it."""

import webbrowser
from threading import Thread

# These draw in the terminal itself, and run no scripts.
TERMINAL_BROWSERS = ("www-browser", "links", "elinks", "lynx", "w3m")


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
