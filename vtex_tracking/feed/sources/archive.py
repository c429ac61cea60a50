"""Zip archives: the feeds in one, in its order; nothing of it is ever written to a disk under its own name."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from attrs import frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.defects import escaped, plain
from vtex_tracking.feed.sources.opened import CHUNK_BYTES, Member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vtex_tracking.settings import FeedSettings

MAGICS: Final = (b"PK\x03\x04", b"PK\x05\x06")  # of an archive, and of an empty one
_WORKBOOK_PART: Final = "[Content_Types].xml"
_NAME_CHARACTERS_MAX: Final = 200
_ENCRYPTED: Final = 1  # the bit of a member's flags


@frozen
class Archive:
    """A zip archive that is open."""

    name: str
    _zip: ZipFile

    @property
    def is_workbook(self) -> bool:
        """Whether it is an .xlsx, whose parts are no feeds."""
        return _WORKBOOK_PART in self._zip.NameToInfo

    def members(self) -> Iterator[Member]:
        """Every feed in it. Raises FeedError, before the first, where one of them cannot be unpacked."""
        infos = [info for info in self._zip.infolist() if _is_feed(info)]
        if not infos:
            raise FeedError(f"{self.name} is an empty zip archive")
        for info in infos:
            self._check(info)
        names = Counter[str]()
        for info in infos:
            name = self._name_of(info)
            names[name] += 1
            yield Member(name if names[name] == 1 else f"{name}#{names[name]}", self._chunks(info))

    def part(self, name: str) -> Iterator[bytes]:
        """The bytes of one member of a workbook. Raises FeedError where there is none, and for what cannot be unpacked."""
        info = self._zip.NameToInfo.get(name)
        if info is None:
            raise FeedError(f"{self.name} is no whole workbook: it has no {escaped(name[:_NAME_CHARACTERS_MAX])}")
        self._check(info)
        yield from self._chunks(info)

    def _name_of(self, info: ZipInfo) -> str:
        inner = info.filename
        return f"{self.name}/{escaped(inner if len(inner) <= _NAME_CHARACTERS_MAX else inner[:_NAME_CHARACTERS_MAX] + '…')}"

    def _check(self, info: ZipInfo) -> None:
        if info.flag_bits & _ENCRYPTED:
            raise FeedError(f"{self._name_of(info)} is encrypted; unpack the archive with its password first")
        # The other ways give all that a chunk unpacks to at once, however much that is.
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise FeedError(
                f"{self._name_of(info)} is packed in a rare way ({info.compress_type}); unpack it first: unzip"
            )

    def _chunks(self, info: ZipInfo) -> Iterator[bytes]:
        try:
            with self._zip.open(info) as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except Exception as error:  # noqa: BLE001 - what a hostile archive makes zipfile raise is of almost any kind
            raise _damaged(self._name_of(info), error) from None


@contextmanager
def open_archive(file: BinaryIO, *, name: str, settings: FeedSettings) -> Iterator[Archive]:
    """An archive, as far as its list can be read. Raises FeedError for a damaged one, and for a list that is too long."""
    bounded = _Bounded(file, name=name, read_bytes_max=settings.archive_list_bytes_max)
    try:
        archive = ZipFile(cast("BinaryIO", bounded))
    except FeedError:
        raise
    except Exception as error:  # noqa: BLE001 - as there
        raise _damaged(name, error) from None
    with archive:
        if len(archive.infolist()) > settings.members_max:
            raise FeedError(f"{name} has more than {settings.members_max} members (members_max); split it")
        yield Archive(name, archive)


@frozen
class _Bounded:
    """A file of which nobody reads very much at once: zipfile takes an archive's whole list in one piece."""

    _file: BinaryIO
    _name: str
    _read_bytes_max: int

    def read(self, size: int = -1) -> bytes:
        if size > self._read_bytes_max:
            raise FeedError(
                f"{self._name} has a list of more than {self._read_bytes_max} bytes (archive_list_bytes_max)"
            )
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


def _is_feed(info: ZipInfo) -> bool:
    folders, _, name = info.filename.rpartition("/")
    return bool(name) and not name.startswith(".") and "__MACOSX" not in folders.split("/")


def _damaged(name: str, error: Exception) -> FeedError:
    return FeedError(f"{name} is a damaged zip archive ({plain(str(error))}); fetch it again")
