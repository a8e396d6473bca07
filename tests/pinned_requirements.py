"""Read the pins of a requirements file."""

from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

Pins = dict[NormalizedName, Requirement]


def pins(file: Path) -> Pins:
    lines = [line.strip() for line in file.read_text().splitlines()]
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in requirements}


def applicable(pinned: Pins) -> set[NormalizedName]:
    """The names of the pins that apply to this Python and this system."""
    return {name for name, pin in pinned.items() if pin.marker is None or pin.marker.evaluate()}
