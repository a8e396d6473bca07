"""One file per endpoint. A file's name says what it answers; names that start with `_` answer nothing.

A file holds `PATH` (with Starlette's `{holes}`), `BETA` (whether the beta header is demanded), `Query` (its parameters)
and `reply(world, query)`. The folder is scanned when the sandbox is made; nothing else has to be told of a new file.
"""
