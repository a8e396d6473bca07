"""The demo: the real bot in one process, over real HTTP, between the sandbox Slack and a LaunchDarkly.

    environment.py    the running demo, as the page uses it: the bot in a sandbox workspace, for the tests too
    driver.py         the demo's clock, which only moves forward, and the scheduler that runs by it
    time_controls.py  moves the clock to the next run or by a week, and reports how runs ended
    fault_presets.py  the faults to choose from, for LaunchDarkly and for Slack
    server.py         serves the page on a port of this machine, and opens it in a browser
    tour.py           plays the demo in a terminal

Nothing in the bot knows of the demo.
"""

from bot.demo.environment import running_bot, sandbox_settings

__all__ = ["running_bot", "sandbox_settings"]
