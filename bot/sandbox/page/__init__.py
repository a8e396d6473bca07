"""The page: the embedded Slack with a face, in a browser on this machine.

    stage.py        what it stands on: a workspace, the demo's clock and its weather
    app.py          the page, its files, and the ways in
    guard.py        who is let in, and what a browser may do with what it gets
    reading.py      what a page says, read with care
    news.py         what a page is told, as it happens
    telling.py      the workspace in the page's words
    deeds.py        what people do in the workspace, by their mouse and keys
    completing.py   what a line could go on with
    travel.py       the clock moved, and what was said meanwhile
    page.html       the frame, written once for each visit
    static/         what draws in it: a stylesheet, and modules of one idea each

It draws what Slack would show. It knows no more of the bot than Slack does.
"""

from bot.sandbox.page.app import page
from bot.sandbox.page.stage import Stage

__all__ = ["Stage", "page"]
