"""Bytes come from files, pipes and standard input, gzip undone, and never more than allowed."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from vtex_tracking.errors import FeedError
from vtex_tracking.feed import expand_feeds
from vtex_tracking.feed.source import Source
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOBODY = 65534


def _read(path: Path | str, **settings: int) -> bytes:
    return b"".join(Source(str(path), settings=FeedSettings(**settings)).chunks())  # type: ignore[arg-type]


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_pattern_stands_for_its_files_in_order(tmp_path: Path) -> None:
    """Folders that match are left out, and a file that is named twice is read once."""
    for name in ("b.csv", "a.csv"):
        _written(tmp_path / name, b"")
    (tmp_path / "c.csv").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a.csv")
    a, b = str(tmp_path / "a.csv"), str(tmp_path / "b.csv")
    assert (b, "-", a) == expand_feeds([b, "-", str(tmp_path / "*.csv"), str(tmp_path / "link"), "-"])


def test_a_file_with_brackets_in_its_name_is_no_pattern(tmp_path: Path) -> None:
    """What exists is taken as it is."""
    path = str(_written(tmp_path / "feed[1].csv", b""))
    assert (path,) == expand_feeds([path])


def test_no_names_are_no_feeds() -> None:
    """Whether that may be is for the caller to say."""
    assert () == expand_feeds([])


def test_a_pipe_may_be_named(tmp_path: Path) -> None:
    """It is not opened before it is read, for that would wait for its writer."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert (str(path),) == expand_feeds([str(path)])
    writer = threading.Thread(target=path.write_bytes, args=(b"abc",))
    writer.start()
    assert b"abc" == _read(path)
    writer.join()


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("missing.csv", "does not exist"),
        ("*.nothing", "matches no file"),
        ("", "is a folder"),
        ("loop", "leads back to itself"),
        ("/dev/zero", "is a device"),
        ("a\0b", "cannot be read"),
    ],
)
def test_what_is_no_file_is_refused_before_anything_is_read(tmp_path: Path, name: str, problem: str) -> None:
    """The message says what to do, whether the name is looked at beforehand or only when it is read."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    path = name if name.startswith("/") else f"{tmp_path}/{name}"
    with pytest.raises(FeedError, match=problem):
        expand_feeds([path])
    if "*" not in name:
        with pytest.raises(FeedError, match=problem):
            _read(path)


@pytest.fixture
def forbidden(tmp_path: Path) -> Iterator[Path]:
    """A file without any rights, seen by a user who has none beyond their own: root may read everything."""
    path = _written(tmp_path / "feed", b"x")
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    yield path
    os.seteuid(user)


def test_a_file_that_may_not_be_read_is_refused(forbidden: Path) -> None:
    """Its permissions are what to look at."""
    with pytest.raises(FeedError, match="permissions"):
        expand_feeds([str(forbidden)])


def test_what_was_read_is_measured(tmp_path: Path) -> None:
    """Size and SHA-256 are those of the bytes as they lie there, before gunzip."""
    packed = gzip.compress(b"abc")
    source = Source(str(_written(tmp_path / "feed", packed)), settings=FeedSettings())
    assert (0, None) == (source.bytes_read, source.size_bytes)
    assert b"abc" == b"".join(source.chunks())
    assert (len(packed), len(packed)) == (source.bytes_read, source.size_bytes)
    assert hashlib.sha256(packed).hexdigest() == source.sha256
    assert not source.is_changed


def test_standard_input_is_read_and_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was put in its place by another program is read as well."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"abc")))
    assert b"abc" == _read("-")
    assert not sys.stdin.closed
    sys.stdin.close()
    with pytest.raises(FeedError, match="closed"):
        _read("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(FeedError, match="closed"):
        _read("-")


def test_standard_input_may_be_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Then its size is known."""
    with _written(tmp_path / "feed", b"abc").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        source = Source("-", settings=FeedSettings())
        assert b"abc" == b"".join(source.chunks())
    assert (3, False) == (source.size_bytes, source.is_changed)


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"a" * 600_000),
        gzip.compress(b"a" * 300_000) + gzip.compress(b"a" * 300_000),
        gzip.compress(b"a" * 600_000) + b"\0" * 512,
        gzip.compress(b"") + gzip.compress(b"a") * 10 + gzip.compress(b"a" * 599_990),
    ],
)
def test_gzip_is_undone_whatever_the_name(tmp_path: Path, data: bytes) -> None:
    """Several members are one feed, and padding is none."""
    assert b"a" * 600_000 == _read(_written(tmp_path / "feed.csv", data))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (gzip.compress(b"abc" * 100)[:-9], "ends in the middle"),
        (gzip.compress(b"abc")[:-4] + b"xxxx", "damaged"),
        (gzip.compress(b"abc") + b"garbage", "damaged"),
        (gzip.compress(gzip.compress(b"abc")), "twice"),
        (gzip.compress(b"PK\x03\x04abc"), "zip archive"),
        (gzip.compress(b"P") + gzip.compress(b"K\x03\x04abc"), "zip archive"),
        (b"PK\x03\x04abc", "save the sheet as CSV"),
        (b"PK\x05\x06abc", "empty zip"),
        (b"\xd0\xcf\x11\xe0abc", r"\.xls workbook"),
        (b"\x28\xb5\x2f\xfdabc", "zstd -d"),
        (b"\xfd7zXZ\x00abc", "xz -d"),
        (b"BZh91AY", "bzip2 -d"),
    ],
)
def test_what_cannot_be_unpacked_says_what_to_do(tmp_path: Path, data: bytes, problem: str) -> None:
    """A damaged archive and the wrong kind of file stop the feed."""
    with pytest.raises(FeedError, match=problem):
        _read(_written(tmp_path / "feed", data))


def test_members_of_one_byte_come_in_large_chunks(tmp_path: Path) -> None:
    """A line in a million pieces would take time with the square of its length."""
    path = _written(tmp_path / "feed", gzip.compress(b"a") * 10_000)
    assert [10_000] == [len(chunk) for chunk in Source(str(path), settings=FeedSettings()).chunks() if chunk]


def test_a_gzip_bomb_is_stopped(tmp_path: Path) -> None:
    """The ratio counts only above what is free, and then at once."""
    bomb = _written(tmp_path / "feed", gzip.compress(b"\0" * 3_000_000))
    with pytest.raises(FeedError, match="gunzip_ratio_max"):
        _read(bomb, gunzip_bytes_free=1_000_000, gunzip_ratio_max=200)
    assert 3_000_000 == len(_read(bomb, gunzip_bytes_free=3_000_000, gunzip_ratio_max=200))
    assert 3_000_000 == len(_read(bomb, gunzip_bytes_free=1, gunzip_ratio_max=2000))


@pytest.mark.parametrize("data", [b"a" * 101, gzip.compress(b"a" * 101)])
def test_a_feed_over_the_ceiling_is_stopped(tmp_path: Path, data: bytes) -> None:
    """Packed or unpacked."""
    path = _written(tmp_path / "feed", data)
    with pytest.raises(FeedError, match="feed_bytes_max"):
        _read(path, feed_bytes_max=100)
    assert 101 == len(_read(path, feed_bytes_max=101))


@pytest.mark.parametrize("change", ["grow", "replace", "remove"])
def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path, change: str) -> None:
    """Grown, replaced, or gone before the end."""
    path = _written(tmp_path / "feed", b"a" * 300_000)
    source = Source(str(path), settings=FeedSettings())
    chunks = source.chunks()
    next(chunks)
    match change:
        case "grow":
            path.write_bytes(b"a" * 300_001)
        case "replace":
            _written(tmp_path / "other", b"b" * 300_000).replace(path)
        case _:
            path.unlink()
    for _ in chunks:
        pass
    assert source.is_changed
