"""Where a mapping is found: a file, a name among the user's own, or a name among those that come with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from attrs import frozen
from platformdirs import user_config_path

from vtex_tracking.cli.files import read_text
from vtex_tracking.errors import SettingsError

_SUFFIX: Final = ".toml"


@frozen
class FoundMapping:
    """A mapping's text, and what to call it in a message."""

    name: str
    text: str


def find_mapping(named: str) -> FoundMapping:
    """A file of that name comes first, then the user's own maps, then the package's. Raises SettingsError for none."""
    own = user_config_path("vtex-tracking", appauthor=False) / "maps"
    for path in (Path(named), own / f"{named}{_SUFFIX}"):
        if path.is_file():
            return FoundMapping(str(path), read_text(path, what="mapping"))
    ours = {path.name.removesuffix(_SUFFIX): path for path in files("vtex_tracking.feed").joinpath("maps").iterdir()}
    if named in ours:
        return FoundMapping(named, ours[named].read_text(encoding="utf-8"))
    raise SettingsError(
        f"{named}: the mapping cannot be found: it is no file, none in {own}, and not one of ours: {', '.join(sorted(ours))}"
    )
