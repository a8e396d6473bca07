"""LaunchDarkly and Slack embedded in this process, with a believable company in them and a web page to use them.

They ship with the bot so that anyone can try it without a token, and so that all tests share one fake. They know
nothing of the bot: they speak LaunchDarkly's and Slack's HTTP, and import no other package of it.

    launchdarkly/   LaunchDarkly's REST API over an invented company
    slack/          Slack's Web API, and its deliveries over HTTP and Socket Mode
    block_kit/      Slack's rules for messages and views
    web/            a page in the browser that acts as the Slack client
    http_server.py  serves any of them on a local port
"""
