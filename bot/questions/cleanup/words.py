"""The words of a sentence that asks which flags can go."""

from bot.lines.plain_words import Words

WORDS = Words(
    strong="clean up, cleanup, cleaning up, cleaned up, tidy up, tech debt, technical debt, stale, obsolete, unused, "
    "outdated, dead code, flag debt, get rid of, retire*, housekeeping, prune, purge, can we delete, we delete, "
    "be deleted, to delete, can we remove, we remove, be removed, to remove, can delete, can remove, can we archive, "
    "be archived, we archive, to archive",
    weak="delet*, remov*, archiv*, drop, tidy*, old, oldest, ancient, abandoned, forgotten, expired, redundant, "
    "cruft, junk, debt, code, safe, ready, no longer, not used, never used, nobody uses, leftover*, temporary, dead, "
    "can go",
    options={"archiv*": "group=archive", "temporary": "group=old"},
)
