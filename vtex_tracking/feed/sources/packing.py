"""How packed bytes are known by their beginning, and unpacked as they come: gzip, zstd, xz, bzip2."""

from __future__ import annotations

import sys
import zlib
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol

from attrs import frozen

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.sources.opened import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_GZIP_WBITS: Final = 31  # zlib's way to say: a gzip header and trailer, the largest window


class Unpacker(Protocol):
    """What undoes one packed stream, some bytes at a time."""

    @property
    def eof(self) -> bool:
        """Whether the stream is over."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether all that was given so far has been unpacked."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was given beyond the stream's end."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Unpack at most so many bytes; the rest is asked for with no data."""
        ...


@frozen(kw_only=True)
class Packing:
    """A way to pack a stream: how it begins, and who undoes it within a limit of memory."""

    name: str
    magics: tuple[bytes, ...]
    unpacker: Callable[[int], Unpacker]


class _Gzip:
    """zlib's own object, with the manners of the others."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(_GZIP_WBITS)

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflater.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inflater.decompress(self._inflater.unconsumed_tail + data, max_length)


def _zstd(memory_bytes_max: int) -> Unpacker:
    try:
        zstd = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    except ModuleNotFoundError:
        raise _MissingExtraError from None
    window_log_max = {zstd.DecompressionParameter.window_log_max: memory_bytes_max.bit_length() - 1}
    unpacker: Unpacker = zstd.ZstdDecompressor(options=window_log_max)
    return unpacker


def _xz(memory_bytes_max: int) -> Unpacker:
    import lzma  # noqa: PLC0415 - seldom needed, and missing in some builds of Python

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=memory_bytes_max)


def _bzip2(_memory_bytes_max: int) -> Unpacker:
    import bz2  # noqa: PLC0415 - seldom needed, and missing in some builds of Python

    return bz2.BZ2Decompressor()


_PACKINGS: Final = (
    Packing(name="gzip", magics=(b"\x1f\x8b",), unpacker=lambda _memory_bytes_max: _Gzip()),
    Packing(name="zstd", magics=(b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"), unpacker=_zstd),  # the latter is pzstd's
    Packing(name="xz", magics=(b"\xfd7zXZ\x00",), unpacker=_xz),
    Packing(name="bzip2", magics=(b"BZh",), unpacker=_bzip2),
)


def packing_of(head: bytes) -> Packing | None:
    """How bytes that begin so are packed; None where they are not."""
    return next((packing for packing in _PACKINGS if head.startswith(packing.magics)), None)


def unpacked(chunks: Iterable[bytes], packing: Packing, *, name: str, memory_bytes_max: int) -> Iterator[bytes]:
    """Undo the packing, stream after stream, in chunks of some size. Raises FeedError for what is damaged or cut off."""
    try:
        yield from _grouped(_unpacked(chunks, lambda: packing.unpacker(memory_bytes_max)))
    except EOFError:
        problem = f"ends in the middle of its {packing.name} data; is it still being written?"
        raise FeedError(f"{name} {problem}") from None
    except _DamagedError as error:
        raise FeedError(f"{name} is a damaged {packing.name} file ({error}); fetch it again") from None
    except _TooLargeError:
        raise FeedError(
            f"{name} needs more than {memory_bytes_max >> 20} MiB of memory to unpack (unpack_memory_bytes_max); "
            "pack it anew without a long window"
        ) from None
    except _MissingExtraError:
        problem = "is packed with zstd; pip install 'vtex-tracking[zstd]', or unpack it first: zstd -d"
        raise FeedError(f"{name} {problem}") from None


class _DamagedError(Exception):
    """Not what its beginning says it is."""


class _TooLargeError(Exception):
    """It can be unpacked, but not in the memory that is allowed."""


class _MissingExtraError(Exception):
    """What undoes it is not installed."""


def _grouped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in large chunks, for a file may be packed byte by byte, in streams of one each."""
    parts: list[bytes] = []
    parts_bytes = 0
    for chunk in filter(None, chunks):
        parts.append(chunk)
        parts_bytes += len(chunk)
        if parts_bytes >= CHUNK_BYTES:
            yield b"".join(parts)
            parts, parts_bytes = [], 0
    yield b"".join(parts)


def _unpacked(packed: Iterable[bytes], make: Callable[[], Unpacker]) -> Iterator[bytes]:
    """Raises EOFError for an end too soon."""
    unpacker = make()
    for chunk in packed:
        rest = chunk
        while rest:
            if unpacker.eof:
                rest = rest.lstrip(b"\0")  # padding, as tapes have it
                if not rest:
                    break
                unpacker = make()
            yield _decompress(unpacker, rest)
            while not (unpacker.eof or unpacker.needs_input):
                yield _decompress(unpacker, b"")
            rest = unpacker.unused_data
    if not unpacker.eof:
        raise EOFError


def _decompress(unpacker: Unpacker, data: bytes) -> bytes:
    try:
        return unpacker.decompress(data, CHUNK_BYTES)
    except Exception as error:  # noqa: BLE001 - each library has an exception of its own for what is damaged
        raise _TooLargeError if "memory" in str(error).lower() else _DamagedError(error) from None
