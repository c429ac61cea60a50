"""Where a feed's bytes come from: paths, globs and standard input; gzip undone; limits kept."""

from __future__ import annotations

import errno
import glob
import hashlib
import io
import os
import select
import stat
import sys
import zlib
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.defects import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from vtex_tracking.settings import FeedSettings

STDIN: Final = "-"
CHUNK_BYTES: Final = 256 << 10
PATIENCE_MS: Final = 200  # with a silent pipe, before it is asked whether to go on

_GZIP: Final = b"\x1f\x8b"
_GZIP_WBITS: Final = 31  # zlib's way to say: a gzip header and trailer, the largest window
_REFUSED: Final = {
    b"PK\x03\x04": "is a zip archive or an .xlsx workbook; save the sheet as CSV, or unpack the archive",
    b"PK\x05\x06": "is an empty zip archive",
    b"\xd0\xcf\x11\xe0": "is an .xls workbook; save the sheet as CSV",
    b"\x28\xb5\x2f\xfd": "is packed with zstd; unpack it first: zstd -d",
    b"\xfd7zXZ\x00": "is packed with xz; unpack it first: xz -d",
    b"BZh": "is packed with bzip2; unpack it first: bzip2 -d",
}
_PROBLEMS: Final = {
    errno.ENOENT: "does not exist; check the name",
    errno.EACCES: "may not be read; check its permissions",
    errno.ELOOP: "is a symbolic link that leads back to itself",
    errno.EISDIR: "is a folder; name the files in it, such as folder/*.csv",
}


def expand_feeds(names: Sequence[str]) -> tuple[str, ...]:
    """Every name is a file that can be read, a FIFO, or `-`; a pattern stands for the files it matches, sorted.

    A file that is named twice, by whatever path, is read once. Raises FeedError, before anything is read, for a name
    that is missing, unreadable or no file, and for a pattern that matches none.
    """
    found: dict[object, str] = {}
    for name in chain.from_iterable(map(_matches, names)):
        found.setdefault(_identity(name), name)
    return tuple(found.values())


def _matches(name: str) -> list[str]:
    # A file may have brackets in its name: what exists is never taken for a pattern.
    if name == STDIN or os.path.lexists(name) or not glob.has_magic(name):
        return [name]
    found = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    matches = [match for match in found if not Path(match).is_dir()]
    if not matches:
        raise FeedError(f"{escaped(name)} matches no file; check the pattern and the folder")
    return matches


def _identity(name: str) -> object:
    """The same for two names of one file; a file that cannot be read raises FeedError."""
    if name == STDIN:
        return STDIN
    try:
        status = Path(name).stat()
        _check_kind(name, status)
        if stat.S_ISREG(status.st_mode):
            with Path(name).open("rb"):
                pass
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None
    return status.st_dev, status.st_ino


def _check_kind(name: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise _unreadable(name, OSError(errno.EISDIR, ""))
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
        raise FeedError(f"{escaped(name)} is a device or a socket, not a file; use - for standard input")


def _unreadable(name: str, error: OSError | ValueError) -> FeedError:
    code = error.errno if isinstance(error, OSError) else None
    return FeedError(f"{escaped(name)} {_PROBLEMS.get(code or 0, f'cannot be read: {error}')}")


def _go_on() -> None:
    """Nothing ends the wait."""


class Source:
    """The bytes of one feed, once, in chunks, with gzip undone; what was read is measured on the way.

    While a pipe has nothing to say, `go_on` is asked several times a second, and raises what should end the wait.
    """

    def __init__(self, name: str, *, settings: FeedSettings, go_on: Callable[[], None] = _go_on) -> None:
        self.name = name
        self._go_on = go_on
        self.bytes_read = 0
        self.size_bytes: int | None = None
        self.is_changed = False
        self._is_pipe = False
        self._settings = settings
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of the bytes read so far, as they lie there, in hex."""
        return self._hash.hexdigest()

    def chunks(self) -> Iterator[bytes]:
        """Yield the feed's bytes, unpacked. Raises FeedError where they cannot be read, or cost more than allowed."""
        packed = self._packed_chunks()
        head = next(packed, b"")
        self._check_magic(head)
        chunks: Iterator[bytes] = chain([head], packed)
        if head.startswith(_GZIP):
            chunks = _grouped(self._gunzip(chunks))
            head = next(chunks, b"")
            self._check_magic(head)
            if head.startswith(_GZIP):
                raise FeedError(f"{escaped(self.name)} is packed with gzip twice; unpack it first: gunzip")
            chunks = chain([head], chunks)
        return chunks

    def _check_magic(self, head: bytes) -> None:
        for magic, problem in _REFUSED.items():
            if head.startswith(magic):
                raise FeedError(f"{escaped(self.name)} {problem}")

    def _packed_chunks(self) -> Iterator[bytes]:
        try:
            with _open(self.name) as file:
                before = self._measure(file)
                while chunk := self._read(file):
                    self.bytes_read += len(chunk)
                    self._hash.update(chunk)
                    self._check_size(self.bytes_read)
                    yield chunk
                self.is_changed = before is not None and before != _version(self.name)
        except (OSError, ValueError) as error:
            raise _unreadable(self.name, error) from None

    def _read(self, file: BinaryIO) -> bytes:
        if not self._is_pipe:
            return file.read(CHUNK_BYTES)
        waiting = select.poll()
        waiting.register(file, select.POLLIN)
        while not waiting.poll(PATIENCE_MS):
            self._go_on()
        return os.read(file.fileno(), CHUNK_BYTES)

    def _measure(self, file: BinaryIO) -> tuple[int, ...] | None:
        """What tells a file's versions apart; None where bytes come from a pipe, which has none."""
        try:
            status = os.fstat(file.fileno())
        except io.UnsupportedOperation:  # a standard input that someone put in place of the real one
            return None
        if self.name != STDIN:
            _check_kind(self.name, status)
        if not stat.S_ISREG(status.st_mode):
            self._is_pipe = True
            return None
        self.size_bytes = status.st_size
        return None if self.name == STDIN else _mark(status)

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._settings.feed_bytes_max:
            limit = self._settings.feed_bytes_max
            raise FeedError(f"{escaped(self.name)} has more than {limit} bytes (feed_bytes_max); split it")

    def _gunzip(self, packed: Iterable[bytes]) -> Iterator[bytes]:
        settings = self._settings
        unpacked_bytes = 0
        try:
            for chunk in _inflate(packed):
                unpacked_bytes += len(chunk)
                self._check_size(unpacked_bytes)
                if unpacked_bytes > max(settings.gunzip_bytes_free, settings.gunzip_ratio_max * self.bytes_read):
                    raise FeedError(
                        f"{escaped(self.name)} unpacks to more than {settings.gunzip_ratio_max} times its size "
                        "(gunzip_ratio_max); unpack it yourself if that is right"
                    )
                yield chunk
        except EOFError:
            problem = "ends in the middle of its gzip data; is it still being written?"
            raise FeedError(f"{escaped(self.name)} {problem}") from None
        except zlib.error as error:
            raise FeedError(f"{escaped(self.name)} is a damaged gzip file ({error}); fetch it again") from None


def _grouped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in large chunks, for a file may be packed byte by byte, in members of one each."""
    parts: list[bytes] = []
    parts_bytes = 0
    for chunk in filter(None, chunks):
        parts.append(chunk)
        parts_bytes += len(chunk)
        if parts_bytes >= CHUNK_BYTES:
            yield b"".join(parts)
            parts, parts_bytes = [], 0
    yield b"".join(parts)


def _inflate(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Undo gzip, member after member, a chunk at a time. Raises zlib.error for damage, EOFError for an end too soon."""
    inflater = zlib.decompressobj(_GZIP_WBITS)
    for chunk in packed:
        rest = chunk
        while rest:
            if inflater.eof:
                rest = rest.lstrip(b"\0")  # padding, as tapes have it
                if not rest:
                    break
                inflater = zlib.decompressobj(_GZIP_WBITS)
            yield inflater.decompress(rest, CHUNK_BYTES)
            rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if not inflater.eof:
        raise EOFError


def _open(name: str) -> AbstractContextManager[BinaryIO]:
    if name != STDIN:
        return open(name, "rb", opener=_open_at_once)
    if sys.stdin is None or sys.stdin.closed:
        raise FeedError("- is standard input, but it is closed; name a file instead")
    return nullcontext(sys.stdin.buffer)


def _open_at_once(name: str, flags: int) -> int:
    """Open a FIFO that nobody writes to yet without waiting for who will."""
    return os.open(name, flags | os.O_NONBLOCK)


def _version(name: str) -> tuple[int, ...] | None:
    try:
        return _mark(Path(name).stat())
    except OSError:
        return None


def _mark(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
