"""The pictures of the README, taken in the running demo: `python -m tests.pictures` takes them anew."""
