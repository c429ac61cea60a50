"""Where a feed's bytes come from: opened wherever they lie, measured, unpacked, and never more than allowed."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.sources import archive
from vtex_tracking.feed.sources.archive import open_archive
from vtex_tracking.feed.sources.local import open_local, version_of
from vtex_tracking.feed.sources.opened import CHUNK_BYTES, Member
from vtex_tracking.feed.sources.packing import packing_of, unpacked
from vtex_tracking.feed.sources.remote import open_remote
from vtex_tracking.feed.sources.spool import spooled
from vtex_tracking.feed.sources.strangers import check_stranger
from vtex_tracking.feed.sources.urls import shown_name, url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from vtex_tracking.feed.sources.opened import Opened
    from vtex_tracking.settings import FeedSettings


def _go_on() -> None:
    """Nothing ends the wait."""


class Source:
    """The bytes of one source, once, unpacked; what was read is measured on the way.

    Before each chunk, and several times a second while there is none, `go_on` is asked, and raises what should end the
    reading.
    """

    def __init__(self, name: str, *, settings: FeedSettings, go_on: Callable[[], None] = _go_on) -> None:
        self.bytes_read = 0
        self.size_bytes: int | None = None
        self.is_changed = False
        self._name = name
        self._shown = shown_name(name)
        self._is_file = False  # on this machine, so that it can be sought in where it lies
        self._settings = settings
        self._go_on = go_on
        self._hash = hashlib.sha256()
        self._unpacked_bytes = 0

    @property
    def sha256(self) -> str:
        """Of the bytes read so far, as they lie there, in hex."""
        return self._hash.hexdigest()

    def members(self) -> Iterator[Member]:
        """Every feed in the source; the bytes of each are to be taken before the next is asked for.

        A zip archive may have several; a workbook is one, as it is. Raises FeedError, also while bytes are taken, where
        they cannot be read, or cost more than allowed.
        """
        return self._members(Member(self._shown, self._packed_chunks()), is_unpacked=False)

    def _members(self, member: Member, *, is_unpacked: bool) -> Iterator[Member]:
        """What is in a member; of what was unpacked once, nothing is unpacked again."""
        head = next(member.chunks, b"")
        chunks = chain([head], member.chunks)
        packing = packing_of(head)
        check_stranger(head, name=member.name)
        if head.startswith(archive.MAGICS):
            yield from self._archived(Member(member.name, chunks), is_unpacked=is_unpacked)
        elif packing is None:
            yield Member(member.name, chunks)
        elif is_unpacked:
            raise FeedError(f"{member.name} is packed twice, the second time with {packing.name}; unpack it first")
        else:
            limit = self._settings.unpack_memory_bytes_max
            inner = unpacked(chunks, packing, name=member.name, memory_bytes_max=limit)
            yield from self._members(Member(member.name, self._bounded(inner)), is_unpacked=True)

    def _archived(self, member: Member, *, is_unpacked: bool) -> Iterator[Member]:
        with (
            self._sought(member, is_unpacked=is_unpacked) as file,
            open_archive(file, name=member.name, settings=self._settings) as opened,
        ):
            if opened.is_workbook:
                file.seek(0)
                yield Member(member.name, iter(lambda: file.read(CHUNK_BYTES), b""))
                return
            if is_unpacked:
                raise FeedError(f"{member.name} is a zip archive in a packed file; unpack it first: unzip")
            for inner in opened.members():
                yield from self._members(Member(inner.name, self._bounded(inner.chunks)), is_unpacked=True)

    @contextmanager
    def _sought(self, member: Member, *, is_unpacked: bool) -> Iterator[BinaryIO]:
        """The member as a file that can be sought in: where it lies, or else kept for as long as it is read."""
        if is_unpacked or not self._is_file:
            with spooled(member.chunks, name=member.name) as file:
                yield file
            return
        before = version_of(self._name)
        with Path(self._name).open("rb") as file:
            for _ in member.chunks:
                pass  # measured, and read again in another order
            yield file
            self.is_changed |= before != version_of(self._name)

    def _packed_chunks(self) -> Iterator[bytes]:
        with self._open() as opened:
            self.size_bytes = opened.size_bytes
            before = opened.version()
            self._is_file = before is not None and url_of(self._name) is None
            while chunk := self._read(opened):
                self.bytes_read += len(chunk)
                self._hash.update(chunk)
                self._check_size(self.bytes_read)
                yield chunk
            self.is_changed = before != opened.version()

    def _open(self) -> AbstractContextManager[Opened]:
        url = url_of(self._name)
        if url is None:
            return open_local(self._name, go_on=self._go_on)
        return open_remote(url, go_on=self._go_on, timeout_s=self._settings.remote_timeout_s)

    def _read(self, opened: Opened) -> bytes:
        self._go_on()
        return opened.read()

    def _bounded(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """What was unpacked, all members together, as long as it is not out of proportion to what was packed."""
        settings = self._settings
        for chunk in chunks:
            self._go_on()
            self._unpacked_bytes += len(chunk)
            self._check_size(self._unpacked_bytes)
            if self._unpacked_bytes > max(settings.unpack_bytes_free, settings.unpack_ratio_max * self.bytes_read):
                raise FeedError(
                    f"{self._shown} unpacks to more than {settings.unpack_ratio_max} times its size "
                    "(unpack_ratio_max); unpack it yourself if that is right"
                )
            yield chunk

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._settings.feed_bytes_max:
            limit = self._settings.feed_bytes_max
            raise FeedError(f"{self._shown} has more than {limit} bytes (feed_bytes_max); split it")
