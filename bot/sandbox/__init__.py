"""A LaunchDarkly that lives in this process: a believable company, answered over the real HTTP client.

It ships with the bot so that anybody can try it without a token, and so that the tests talk to one fake only. It knows
nothing of the bot: it speaks LaunchDarkly's HTTP, and imports nothing of the rooms above.
"""
