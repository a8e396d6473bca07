"""A LaunchDarkly and a Slack that live in this process, with a believable company in them, and a page to see them.

They ship with the bot so that anybody can try it without a token, and so that the tests talk to one fake only. They
know nothing of the bot: they speak LaunchDarkly's HTTP and Slack's, and import nothing of the rooms above.
"""
