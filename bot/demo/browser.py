"""A browser to show the page in, if there is one on this machine."""

import webbrowser
from threading import Thread

# These draw in the terminal itself, and run no script.
TERMINAL_BROWSERS = ("www-browser", "links", "elinks", "lynx", "w3m")


def find_browser() -> webbrowser.BaseBrowser | None:
    """The one that people have chosen, else whichever is there."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return None
    return None if found.name in TERMINAL_BROWSERS else found


def open_page(browser: webbrowser.BaseBrowser, url: str) -> None:
    """Beside everything else, and not waited for: some return only when they are closed."""
    Thread(target=browser.open, args=(url,), daemon=True).start()
