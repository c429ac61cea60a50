"""Zip archives: each file in one is a feed, a workbook is one as it is, and no trick of an archive gets through."""

from __future__ import annotations

import io
import os
import sys
import threading
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from vtex_tracking.errors import FeedError
from vtex_tracking.feed.sources.source import Source
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from pathlib import Path


def _zip(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w", method) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return file.getvalue()


def _written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "feed.zip"
    path.write_bytes(data)
    return path


def _read(path: Path | str, **settings: Any) -> list[tuple[str, bytes]]:
    source = Source(str(path), settings=FeedSettings(**settings))
    return [(member.name.removeprefix(str(path)), b"".join(member.chunks)) for member in source.members()]


WORKBOOK = _zip(("docProps/app.xml", b"<a/>"), ("[Content_Types].xml", b"<a/>"), ("xl/workbook.xml", b"<a/>"))


def test_every_file_is_a_feed_in_the_archives_order(tmp_path: Path) -> None:
    """Folders, hidden files and what macOS adds are none; a name is text, and leads nowhere."""
    path = _written(
        tmp_path,
        _zip(
            ("b.csv", b"b" * 600_000),
            ("in/", b""),
            ("in/a\n.csv", b"a"),
            ("../../up.csv", b"up"),
            ("__MACOSX/b.csv", b"x"),
            ("in/__MACOSX/._b.csv", b"x"),
            (".DS_Store", b"x"),
            ("in/.hidden", b"x"),
            ("empty.csv", b""),
            ("é" * 300, b"long"),
        ),
    )
    assert [
        ("/b.csv", b"b" * 600_000),
        ("/in/a\\n.csv", b"a"),
        ("/../../up.csv", b"up"),
        ("/empty.csv", b""),
        ("/" + "é" * 200 + "…", b"long"),
    ] == _read(path)
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Each record has a place of its own."""
    assert [("/a", b"1"), ("/a#2", b"2")] == _read(_written(tmp_path, _zip(("a", b"1"), ("a", b"2"))))


def test_a_workbook_is_one_feed_as_it_is(tmp_path: Path) -> None:
    """Alone, or in an archive."""
    assert [("", WORKBOOK)] == _read(_written(tmp_path, WORKBOOK))
    assert [("/a.csv", b"a"), ("/b.xlsx", WORKBOOK)] == _read(
        _written(tmp_path, _zip(("a.csv", b"a"), ("b.xlsx", WORKBOOK)))
    )


def test_an_archive_is_measured_as_it_lies_there(tmp_path: Path) -> None:
    """And if it changes while it is read, that is noticed."""
    path = _written(tmp_path, data := _zip(("a.csv", b"a"), ("b.csv", b"b")))
    source = Source(str(path), settings=FeedSettings())
    for member in source.members():
        assert len(b"".join(member.chunks)) == 1
        assert (len(data), len(data)) == (source.bytes_read, source.size_bytes)
        assert not source.is_changed
    path.write_bytes(data)
    source = Source(str(path), settings=FeedSettings())
    for member in source.members():
        for _ in member.chunks:
            os.utime(path, (1, 1))
    assert source.is_changed


def test_an_archive_comes_through_a_pipe(tmp_path: Path) -> None:
    """It is kept while it is read."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(_zip(("a.csv", b"a")),))
    writer.start()
    assert [("/a.csv", b"a")] == _read(path)
    writer.join()


def test_standard_input_may_be_an_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the name of standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(_zip(("a.csv", b"a")))))
    assert [("/a.csv", b"a")] == _read("-")


def _encrypted() -> bytes:
    data = bytearray(_zip(("a.csv", b"a")))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _damaged() -> bytes:
    data = bytearray(_zip(("a.csv", b"abc"), method=zipfile.ZIP_STORED))
    data[data.index(b"abc")] ^= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (_zip(), "is an empty zip archive"),
        (_zip(("in/", b""), (".hidden", b"x")), "is an empty zip archive"),
        (_encrypted(), r"feed\.zip/a\.csv is encrypted"),
        (_damaged(), r"feed\.zip/a\.csv is a damaged zip archive"),
        (_zip(("a.csv", b"a"))[:-10], r"feed\.zip is a damaged zip archive"),
        (b"PK\x03\x04" + b"x" * 100, r"feed\.zip is a damaged zip archive"),
        (_zip(("a.csv", b"a"), method=zipfile.ZIP_BZIP2), "packed in a rare way"),
        (_zip(("a.zip", _zip(("a.csv", b"a")))), r"feed\.zip/a\.zip is a zip archive in a packed file"),
        (_zip(("a.csv.gz", b"\x1f\x8babc")), r"feed\.zip/a\.csv\.gz is packed twice"),
        (_zip(("a.xls", b"\xd0\xcf\x11\xe0")), r"feed\.zip/a\.xls is an \.xls workbook"),
    ],
)
def test_what_cannot_be_unpacked_says_what_to_do(tmp_path: Path, data: bytes, problem: str) -> None:
    """The archive, or the file in it that is at fault, is named."""
    with pytest.raises(FeedError, match=problem):
        _read(_written(tmp_path, data))


def test_nothing_is_given_of_an_archive_with_an_encrypted_member(tmp_path: Path) -> None:
    """It is seen before the first."""
    data = bytearray(_zip(("a.csv", b"a"), ("b.csv", b"b")))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FeedError, match=r"b\.csv is encrypted"):
        next(Source(str(_written(tmp_path, bytes(data))), settings=FeedSettings()).members())


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"members_max": 2}, "members_max"),
        ({"archive_list_bytes_max": 100}, "archive_list_bytes_max"),
        ({"feed_bytes_max": 2_999_999}, "feed_bytes_max"),
        ({"unpack_bytes_free": 1_000_000}, "unpack_ratio_max"),
    ],
)
def test_limits_are_those_of_the_whole_archive(tmp_path: Path, settings: dict[str, int], problem: str) -> None:
    """Many members, a long list, and a bomb in pieces."""
    path = _written(tmp_path, _zip(*((f"{number}.csv", b"\0" * 1_000_000) for number in range(3))))
    assert 3 == len(_read(path))
    with pytest.raises(FeedError, match=problem):
        _read(path, **settings)


def test_an_archive_needs_room_where_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it cannot be, its name and the folder are told."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    writer = threading.Thread(target=_write, args=(path, _zip(("a.csv", bytes(9 << 20)), method=zipfile.ZIP_STORED)))
    writer.start()
    with pytest.raises(FeedError, match=r"pipe cannot be kept for reading in .*missing"):
        _read(path)
    writer.join()


def _write(path: Path, data: bytes) -> None:
    with suppress(BrokenPipeError):
        path.write_bytes(data)
