"""Text ─► ParsedLine."""
