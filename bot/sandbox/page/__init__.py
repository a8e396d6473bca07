"""The page: the embedded Slack with a face, in a browser on this machine.

    stage.py        what it stands on: a workspace, the demo's clock and its weather
    app.py          the page, its files, and the ways in
    guard.py        who is let in, and what a browser may do with what it gets
    reading.py      what a page says, read with care
    news.py         what a page is told, as it happens
    telling.py      what of the workspace is hers to see
    drawing.py      all of that as HTML, in which everything is escaped that came from elsewhere
    mrkdwn.py       Slack's markup
    charts.py       where the marks of a chart lie
    tables.py       how the rows of a table are ordered
    deeds.py        what people do in the workspace, by their mouse and keys
    completing.py   what a line could go on with
    travel.py       the clock moved, and what was said meanwhile
    html/           the templates: the frame, written once for each visit, and the fragments that are put in it later
    static/         stylesheets, and scripts: fragments are put in their places, and what is pressed and typed is sent

It draws what Slack would show. It knows no more of the bot than Slack does.
"""

from bot.sandbox.page.app import page
from bot.sandbox.page.stage import Stage

__all__ = ["Stage", "page"]
