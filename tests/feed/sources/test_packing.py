"""Packed feeds are unpacked as they come, known by their first bytes, and never cost more than allowed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import tracemalloc
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.sources.packing import packing_of, unpacked
from vtex_tracking.feed.sources.source import Source
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

zstd: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
PACKS = [gzip.compress, zstd.compress, lzma.compress, bz2.compress]
ways = pytest.mark.parametrize("pack", PACKS, ids=["gzip", "zstd", "xz", "bzip2"])


def _chunks(path: Path, **settings: Any) -> list[bytes]:
    return [
        chunk for member in Source(str(path), settings=FeedSettings(**settings)).members() for chunk in member.chunks
    ]


def _read(path: Path, **settings: Any) -> bytes:
    return b"".join(_chunks(path, **settings))


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@ways
def test_every_packing_is_undone_whatever_the_name(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """Several streams are one feed, whole ones and empty ones, and padding is none."""
    for data in (
        pack(b"a" * 600_000),
        pack(b"a" * 300_000) + pack(b"a" * 300_000),
        pack(b"a" * 600_000) + b"\0" * 512,
        pack(b"") + pack(b"a") * 10 + pack(b"a" * 599_990),
    ):
        assert b"a" * 600_000 == _read(_written(tmp_path / "feed.csv", data))


@settings(max_examples=60)
@given(
    parts=st.lists(st.binary(max_size=300), min_size=1, max_size=4),
    size=st.integers(1, 200),
    way=st.sampled_from(PACKS),
)
def test_it_never_matters_how_packed_bytes_are_cut(
    parts: list[bytes], size: int, way: Callable[[bytes], bytes]
) -> None:
    """In whatever pieces they come, and in however many streams."""
    data = b"".join(map(way, parts))
    packing = packing_of(data)
    assert packing is not None
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    assert b"".join(parts) == b"".join(unpacked(pieces, packing, name="feed", memory_bytes_max=16 << 20))


def test_what_pzstd_writes_is_known(tmp_path: Path) -> None:
    """It begins with a frame that has no data."""
    skippable = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"size"
    assert b"abc" == _read(_written(tmp_path / "feed", skippable + zstd.compress(b"abc")))


@ways
def test_what_is_cut_off_or_damaged_stops_the_feed(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """It may still be being written, or must be fetched again."""
    data = pack(b"abc" * 100)
    with pytest.raises(FeedError, match="ends in the middle"):
        _read(_written(tmp_path / "feed", data[:-1]))
    with pytest.raises(FeedError, match="is a damaged"):
        _read(_written(tmp_path / "feed", data + b"garbage" * 9))
    with pytest.raises(FeedError, match=r"is a damaged|ends in the middle"):
        _read(_written(tmp_path / "feed", data[:10] + bytes(byte ^ 0x55 for byte in data[10:])))


@ways
def test_what_is_packed_twice_is_not_unpacked_twice(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """Nobody sends such a feed on purpose."""
    with pytest.raises(FeedError, match="packed twice, the second time with gzip"):
        _read(_written(tmp_path / "feed", pack(gzip.compress(b"abc"))))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (gzip.compress(b"PK\x03\x04abc"), "damaged zip archive"),
        (gzip.compress(b"P") + gzip.compress(b"K\x03\x04abc"), "damaged zip archive"),
        (b"\xd0\xcf\x11\xe0abc", r"\.xls workbook; save the sheet as CSV"),
        (gzip.compress(b"\xd0\xcf\x11\xe0abc"), r"\.xls workbook"),
    ],
    ids=["zip", "zip in two members", "xls", "packed xls"],
)
def test_the_wrong_kind_of_file_says_what_to_do(tmp_path: Path, data: bytes, problem: str) -> None:
    """Packed or not."""
    with pytest.raises(FeedError, match=problem):
        _read(_written(tmp_path / "feed", data))


def test_streams_of_one_byte_come_in_large_chunks(tmp_path: Path) -> None:
    """A line in a million pieces would take time with the square of its length."""
    path = _written(tmp_path / "feed", gzip.compress(b"a") * 10_000)
    assert [10_000] == [len(chunk) for chunk in _chunks(path) if chunk]


@ways
def test_a_bomb_is_stopped(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """The ratio counts only above what is free, and then at once."""
    bomb = _written(tmp_path / "feed", pack(b"\0" * 3_000_000))
    with pytest.raises(FeedError, match="unpack_ratio_max"):
        _read(bomb, unpack_bytes_free=1_000_000, unpack_ratio_max=200)
    assert 3_000_000 == len(_read(bomb, unpack_bytes_free=3_000_000, unpack_ratio_max=200))
    assert 3_000_000 == len(_read(bomb, unpack_bytes_free=1, unpack_ratio_max=200_000))


@ways
def test_memory_does_not_grow_with_what_is_unpacked(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """Chunks are small, however well they were packed."""
    path = _written(tmp_path / "feed", pack(b"\0" * 20_000_000))
    tracemalloc.start()
    for member in Source(str(path), settings=FeedSettings()).members():
        assert 20_000_000 == sum(len(chunk) for chunk in member.chunks)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12_000_000  # xz keeps a window of 8 MiB


@pytest.mark.parametrize(
    "data",
    [
        zstd.compress(b"a" * 10_000_000, options={zstd.CompressionParameter.window_log: 24}),
        lzma.compress(b"a", preset=9),
    ],
    ids=["zstd", "xz"],
)
def test_a_long_window_needs_leave(tmp_path: Path, data: bytes) -> None:
    """What unpacks it would have to keep it all."""
    path = _written(tmp_path / "feed", data)
    assert b"a" == _read(path)[:1]
    with pytest.raises(FeedError, match=r"more than 8 MiB of memory to unpack \(unpack_memory_bytes_max\)"):
        _read(path, unpack_memory_bytes_max=8 << 20)


def test_zstd_is_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not installed, the message says how to install it."""
    for name in ("backports", "backports.zstd", "compression", "compression.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(FeedError, match=r"pip install 'vtex-tracking\[zstd\]'"):
        _read(_written(tmp_path / "feed", zstd.compress(b"abc")))
