"""Screenshots for the README, from the running demo: `python -m tests.pictures` takes them again."""
