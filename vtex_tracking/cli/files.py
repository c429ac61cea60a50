"""Small text files that an option names: settings, mappings, faults."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vtex_tracking.errors import SettingsError

FILE_BYTES_MAX: Final = 16 << 20


def read_text(path: str | Path, *, what: str) -> str:
    """A file is UTF-8 text of at most 16 MiB; SettingsError says what it was read as, and why it cannot be."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise SettingsError(f"{path}: the {what} cannot be read: {error.strerror}") from None
    if len(content) > FILE_BYTES_MAX:
        raise SettingsError(f"{path}: the {what} has more than {FILE_BYTES_MAX} bytes; is this the right file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: the {what} is not UTF-8 text; save it as UTF-8") from None
