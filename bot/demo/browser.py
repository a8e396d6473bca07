"""A browser to show the page in, if there is one on this machine."""

import webbrowser
from threading import Thread

# These draw in the terminal itself, and run no script.
IN_A_TERMINAL = ("www-browser", "links", "elinks", "lynx", "w3m")


def browser() -> webbrowser.BaseBrowser | None:
    """The one that people have chosen, else whichever is there."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return None
    return None if found.name in IN_A_TERMINAL else found


def show(chosen: webbrowser.BaseBrowser, url: str) -> None:
    """Beside everything else, and not waited for: some return only when they are closed."""
    Thread(target=chosen.open, args=(url,), daemon=True).start()
