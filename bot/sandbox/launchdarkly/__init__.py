"""A LaunchDarkly that lives in this process."""
