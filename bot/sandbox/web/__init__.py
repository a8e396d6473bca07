"""The page: a Slack client for the embedded Slack, in a browser on this machine.

    app.py            the ASGI app: the page, its static files and its endpoints
    demo_controls.py  what the page needs from the demo: a workspace, a clock to move, and faults
    security.py       access from this machine and this page only; security headers; JSON bodies, validated
    actions.py        what a person does in the workspace
    completions.py    completions for the line being typed
    events.py         updates to the page, as server-sent events
    rendering.py      which channels and messages the viewer sees, as HTML fragments with all text escaped
    mrkdwn.py         Slack's markup as HTML
    data_blocks.py    the geometry of charts, and the sort orders of data tables
    html/             templates: the page, rendered once per visit, and the fragments that are inserted later
    static/           stylesheets, and scripts that insert fragments and send what is pressed and typed

It renders what Slack would show, and knows no more of the bot than Slack does.
"""

from bot.sandbox.web.app import build_page
from bot.sandbox.web.demo_controls import DemoControls

__all__ = ["DemoControls", "build_page"]
