"""The map of the house names every room."""

from pathlib import Path

import bot


def test_every_room_is_on_the_map() -> None:
    house = Path(bot.__file__).parent
    rooms = {f"{path.name}/" for path in house.iterdir() if (path / "__init__.py").exists()}
    rooms |= {path.name for path in house.glob("*.py") if not path.name.startswith("__")}
    named = {line.split()[0] for line in (bot.__doc__ or "").splitlines() if line.startswith("    ")}
    assert named == rooms
