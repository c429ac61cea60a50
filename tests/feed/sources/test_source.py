"""A source's bytes are measured as they lie there, and never more than allowed."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
from typing import TYPE_CHECKING

import pytest

from vtex_tracking.errors import FeedError, InterruptedRunError
from vtex_tracking.feed.sources.source import Source
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from pathlib import Path


def _read(path: Path | str, **settings: int) -> bytes:
    return _taken(Source(str(path), settings=FeedSettings(**settings)))  # type: ignore[arg-type]


def _taken(source: Source) -> bytes:
    return b"".join(chunk for member in source.members() for chunk in member.chunks)


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_what_was_read_is_measured(tmp_path: Path) -> None:
    """Size and SHA-256 are those of the bytes as they lie there, before gunzip."""
    packed = gzip.compress(b"abc")
    source = Source(str(_written(tmp_path / "feed", packed)), settings=FeedSettings())
    assert (0, None) == (source.bytes_read, source.size_bytes)
    assert b"abc" == _taken(source)
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
        assert b"abc" == _taken(source)
    assert (3, False) == (source.size_bytes, source.is_changed)


def test_a_silent_pipe_is_waited_for_as_long_as_the_run_goes_on(tmp_path: Path) -> None:
    """It is asked again and again whether it does."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)  # so that there is one, who says nothing
    asked = iter([None, None])

    def go_on() -> None:
        if next(asked, path) is path:
            raise InterruptedRunError("stopped", exit_code=130)

    with pytest.raises(InterruptedRunError):
        _taken(Source(str(path), settings=FeedSettings(), go_on=go_on))
    os.close(writer)


@pytest.mark.parametrize("data", [b"a" * 101, gzip.compress(b"a" * 101)], ids=["plain", "packed"])
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
    chunks = next(source.members()).chunks
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
