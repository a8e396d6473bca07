"""The whole bot in one process: the real app, over real HTTP, between the embedded Slack and a LaunchDarkly.

    harness.py      the bot at work in an embedded workspace; the tests live in the same one
    clock.py        the demo's clock, which only ever goes forward
    driver.py       the engine, which does what is due when the demo's clock says so
    quiet_watches.py looks of watches that change nothing, skipped
    report.py       what became of what was due, a sentence each
    time_controls.py the clock moved: to the next slot, through a week
    live_controls.py what is done instead where the clock is the real one
    fault_presets.py the weathers to choose from, over LaunchDarkly and over Slack
    completions.py  what a line can be completed with
    typing_client.py lines typed in the workspace, and what is said to them
    environment.py  all of it together, as the page wants it
    tour.py         the same in a terminal, from beginning to end
    shutdown.py     how it ends, whatever ends it
    server.py       the page on a port of this machine, until it is told to end
    browser.py      a browser to show it in

Nothing in the bot knows that it is here.
"""

from bot.demo.harness import running_bot, sandbox_settings

__all__ = ["running_bot", "sandbox_settings"]
