"""Feeds from S3, as moto's server plays it on loopback: found, read, and refused in plain words."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Final
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from vtex_tracking.errors import FeedError
from vtex_tracking.feed import expand_feeds
from vtex_tracking.feed.sources.source import Source
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS: Final = FeedSettings(remote_timeout_s=20.0)
BUCKET: Final = "carriers"
VARIABLES: Final = {
    "AWS_ACCESS_KEY_ID": "somebody",
    "AWS_SECRET_ACCESS_KEY": "hush-hush",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where S3 is."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def s3(address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bucket with some feeds, and the environment that leads there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module", autouse=True)
def bucket(address: str) -> None:
    """It has two feeds, and one elsewhere."""
    _put(f"{address}/{BUCKET}", b"")
    for key, data in (
        ("in/b.csv", b"b" * 5_000_000),
        ("in/a.csv", b"aaa"),
        ("out/a.csv", b"x"),
        ("in/c.zip", _zipped()),
    ):
        _put(f"{address}/{BUCKET}/{key}", data)


def _put(url: str, data: bytes) -> None:
    with urlopen(Request(url, data=data, method="PUT", headers={"Content-Type": "text/csv"}), timeout=20):  # noqa: S310 - loopback
        pass


def _zipped() -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        archive.writestr("c.csv", b"ccc")
    return file.getvalue()


def _read(source: Source) -> dict[str, bytes]:
    return {member.name: b"".join(member.chunks) for member in source.members()}


def test_an_object_is_read_in_large_pieces() -> None:
    """Its size is known before it is read."""
    source = Source(f"s3://{BUCKET}/in/b.csv", settings=SETTINGS)
    assert {f"s3://{BUCKET}/in/b.csv": b"b" * 5_000_000} == _read(source)
    assert (5_000_000, 5_000_000, False) == (source.size_bytes, source.bytes_read, source.is_changed)


def test_an_archive_is_kept_while_it_is_read() -> None:
    """It is measured as it lies there."""
    source = Source(f"s3://{BUCKET}/in/c.zip", settings=SETTINGS)
    assert {f"s3://{BUCKET}/in/c.zip/c.csv": b"ccc"} == _read(source)
    assert len(_zipped()) == source.bytes_read == source.size_bytes


def test_a_pattern_stands_for_its_objects() -> None:
    """Sorted."""
    assert (f"s3://{BUCKET}/in/a.csv", f"s3://{BUCKET}/in/b.csv") == expand_feeds(
        [f"s3://{BUCKET}/in/*.csv", f"s3://{BUCKET}/in/a.csv"], settings=SETTINGS
    )


@pytest.mark.parametrize("name", [f"s3://{BUCKET}/in/missing.csv", "s3://nobody/in/a.csv"])
def test_what_is_not_there_is_told(name: str) -> None:
    """An object or a bucket."""
    with pytest.raises(FeedError, match="does not exist"):
        _read(Source(name, settings=SETTINGS))


def test_credentials_that_are_missing_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are looked for where AWS's own tools look."""
    for name in VARIABLES:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(FeedError, match="needs credentials"):
        _read(Source(f"s3://{BUCKET}/in/a.csv", settings=SETTINGS))
