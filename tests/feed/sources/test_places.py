"""Names mean files, patterns, standard input and URLs, each read once; what is no file is refused beforehand."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from vtex_tracking.errors import FeedError
from vtex_tracking.feed import expand_feeds
from vtex_tracking.feed.sources.source import Source
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOBODY = 65534


def _read(path: Path | str) -> bytes:
    return b"".join(chunk for member in Source(str(path), settings=FeedSettings()).members() for chunk in member.chunks)


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


def test_a_url_is_a_feed_as_it_is() -> None:
    """Whether it is there is seen when it is read; one that is not read is refused at once."""
    names = ("s3://bucket/a.csv", "https://host/*.csv")
    assert names == expand_feeds([*names, names[0]])
    with pytest.raises(FeedError, match="ftp:// is not read"):
        expand_feeds(["ftp://host/a.csv"])
