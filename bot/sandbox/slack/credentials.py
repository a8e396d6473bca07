"""What the app is called in this Slack, and its keys. They open nothing but this."""

BOT_TOKEN = "xoxb-sandbox"  # noqa: S105
APP_TOKEN = "xapp-1-A0INSIGHTS-1-sandbox"  # noqa: S105
SIGNING_SECRET = "sandbox-signing-secret"  # noqa: S105
VERIFICATION_TOKEN = "sandbox-verification"  # noqa: S105  long deprecated, and sent all the same

APP_ID, BOT_ID, BOT_USER_ID = "A0INSIGHTS", "B0INSIGHTS", "U0INSIGHTS"
