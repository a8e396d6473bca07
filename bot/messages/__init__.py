"""Messages: a view and a template in, text and blocks for Slack out.

message.py        Message: text, blocks, and the messages of its thread; the text says what the blocks show
renderer.py       view + template ─► Message, within Slack's limits; the tags and placeholders of templates
mrkdwn.py         Slack's markup: escapes, links, mentions, dates; and reading it back
humanize.py       numbers, dates and durations in words
text_fallback.py  charts and tables in plain characters
"""
