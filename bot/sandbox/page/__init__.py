"""The page: the embedded Slack with a face, in a browser on this machine."""
