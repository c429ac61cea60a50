"""The report's folder: made before the first send, and filled with files that are whole or absent."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from attrs import define, field, frozen

from vtex_tracking.errors import ReportError

if TYPE_CHECKING:
    from typing import TextIO

_OTHER_NAMES_MAX: Final = 9
_ENCODING: Final = "utf-8"
_ERRORS: Final = "backslashreplace"  # any text is taken: half of a surrogate pair is escaped


def prepare_folder(directory: Path) -> None:
    """Before anything is sent, the folder is there and has taken a file. Raises ReportError."""
    try:
        make_folder(directory)
        with tempfile.NamedTemporaryFile(dir=directory, prefix=".trial.") as trial:
            trial.write(b"\n")
            trial.flush()
            os.fsync(trial.fileno())
    except OSError as error:
        raise ReportError(
            f"{directory}: no report can be written there: {error.strerror or error}; "
            "make the folder writable, free disk space, or name another one with --report"
        ) from error


def make_folder(directory: Path) -> None:
    """Folders that are made for a report are 0700, those above it too.

    A folder that was there keeps its mode: it is somebody's, and the files in it are 0600 anyway. Raises OSError.
    """
    for folder in reversed([path for path in (directory, *directory.parents) if not path.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)  # whatever the umask


def nameless(directory: Path) -> TextIO:
    """A file in this folder that nobody sees, and that is gone when it is closed. Raises OSError."""
    return tempfile.TemporaryFile("w+", dir=directory, encoding=_ENCODING, errors=_ERRORS, newline="")


def append_text(text: TextIO, *, to: TextIO) -> None:
    """All that was written to one file, behind what was written to the other. Raises OSError."""
    text.flush()
    to.flush()
    text.buffer.seek(0)
    shutil.copyfileobj(text.buffer, to.buffer)


@frozen
class _Draft:
    path: Path
    text: TextIO


@define
class Drafts:
    """A file appears under its name only when it is whole and on the disk; a draft never published is removed."""

    _directory: Path
    _drafts: dict[str, _Draft] = field(factory=dict, init=False)

    def __enter__(self) -> Self:
        return self

    def new(self, name: str) -> TextIO:
        """Every draft is 0600 and hidden beside its place.

        Drafts of the same file that a run left when it was killed are removed.
        """
        for stale in self._directory.glob(f".{name}.*.part"):
            stale.unlink(missing_ok=True)
        handle, path = tempfile.mkstemp(dir=self._directory, prefix=f".{name}.", suffix=".part")
        os.fchmod(handle, 0o600)  # whatever the umask
        text = os.fdopen(handle, "w", encoding=_ENCODING, errors=_ERRORS, newline="")
        self._drafts[name] = _Draft(Path(path), text)
        return text

    def publish(self, name: str) -> Path:
        """What was drafted is on the disk before it takes the place of an older file. Gives back where it lies."""
        draft = self._drafts[name]
        draft.text.flush()
        os.fsync(draft.text.fileno())
        draft.text.close()
        place = _replace(self._directory / name, by=draft.path)
        del self._drafts[name]
        _sync(self._directory)
        return place

    def __exit__(self, *_exception: object) -> None:
        for draft in self._drafts.values():
            with suppress(OSError):  # on a full disk, closing fails again; what counts is that the draft goes
                draft.text.close()
            draft.path.unlink(missing_ok=True)


def _replace(target: Path, *, by: Path) -> Path:
    """A file that cannot be replaced, since another program holds it, is left alone: the new one goes to `name.N.csv`."""
    others = [target.with_name(f"{target.stem}.{number}{target.suffix}") for number in range(1, _OTHER_NAMES_MAX + 1)]
    for place in (target, *others):
        with suppress(PermissionError, IsADirectoryError):
            return by.replace(place)
    raise PermissionError(f"{target.name} and {_OTHER_NAMES_MAX} other names for it cannot be replaced")


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
