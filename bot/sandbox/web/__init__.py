"""The page: the embedded Slack with a face, in a browser on this machine.

    protocol.py     what it stands on: a workspace, the demo's clock and its weather
    app.py          the page, its files, and the ways in
    security.py     who is let in, and what a browser may do with what it gets
    request_body.py what a page says, read with care
    events.py       what a page is told, as it happens
    visibility.py   what of the workspace is hers to see
    rendering.py    all of that as HTML, in which everything is escaped that came from elsewhere
    mrkdwn.py       Slack's markup
    charts.py       where the marks of a chart lie
    tables.py       how the rows of a table are ordered
    actions.py      what people do in the workspace, by their mouse and keys
    completions.py  what a line could go on with
    time_travel.py  the clock moved, and what was said meanwhile
    html/           the templates: the frame, written once for each visit, and the fragments that are put in it later
    static/         stylesheets, and scripts: fragments are put in their places, and what is pressed and typed is sent

It draws what Slack would show. It knows no more of the bot than Slack does.
"""

from bot.sandbox.web.app import build_page
from bot.sandbox.web.protocol import DemoControls

__all__ = ["DemoControls", "build_page"]
