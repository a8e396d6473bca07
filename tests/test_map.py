"""The docstring of `bot` is a map of its packages and modules."""

from pathlib import Path

import bot


def test_package_docstring_lists_every_module() -> None:
    folder = Path(bot.__file__).parent
    modules = {f"{path.name}/" for path in folder.iterdir() if (path / "__init__.py").exists()}
    modules |= {path.name for path in folder.glob("*.py") if not path.name.startswith("__")}
    listed = {line.split()[0] for line in (bot.__doc__ or "").splitlines() if line.startswith("    ")}
    assert listed == modules
