"""The app's tokens, signing secret and IDs, valid for the sandbox only."""

BOT_TOKEN = "xoxb-sandbox"  # noqa: S105
APP_TOKEN = "xapp-1-A0INSIGHTS-1-sandbox"  # noqa: S105
SIGNING_SECRET = "sandbox-signing-secret"  # noqa: S105
VERIFICATION_TOKEN = "sandbox-verification"  # noqa: S105  long deprecated, but still sent

APP_ID, BOT_ID, BOT_USER_ID = "A0INSIGHTS", "B0INSIGHTS", "U0INSIGHTS"
