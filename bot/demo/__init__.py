"""The whole bot in one process: the real app, over real HTTP, between the embedded Slack and a LaunchDarkly.

    working.py      the bot at work in an embedded workspace; the tests live in the same one
    time.py         the demo's clock, which only ever goes forward
    beat.py         the engine, which does what is due when the demo's clock says so
    quiet.py        looks of watches that change nothing, skipped
    told.py         what became of what was due, a sentence each
    travel.py       the clock moved: to the next slot, through a week
    at_once.py      what is done instead where the clock is the real one
    weathers.py     the weathers to choose from, over LaunchDarkly and over Slack
    completing.py   what a line can be completed with
    saying.py       lines typed in the workspace, and what is said to them
    stage.py        all of it together, as the page wants it
    once.py         the same in a terminal, from beginning to end
    ending.py       how it ends, whatever ends it
    serving.py      the page on a port of this machine, until it is told to end
    browser.py      a browser to show it in

Nothing in the bot knows that it is here.
"""

from bot.demo.working import at_home, working

__all__ = ["at_home", "working"]
