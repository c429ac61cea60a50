"""Feeds from a real SFTP server on loopback: found, read, and refused where the host or the user is in doubt."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from sftp_support import PASSWORD, USER, sftp_server

from vtex_tracking.errors import FeedError
from vtex_tracking.feed import expand_feeds
from vtex_tracking.feed.sources.source import Source
from vtex_tracking.settings import FeedSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sftp_support import Sftp

SETTINGS = FeedSettings(remote_timeout_s=10.0)


@pytest.fixture
def sftp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sftp]:
    """A server, and the home of the user whom it knows as our own."""
    with sftp_server(tmp_path) as server:
        monkeypatch.setenv("HOME", str(server.home))
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        yield server


def _read(name: str) -> bytes:
    return b"".join(chunk for member in Source(name, settings=SETTINGS).members() for chunk in member.chunks)


def test_a_file_is_read_with_the_users_own_key(sftp: Sftp) -> None:
    """Its size is known before it is read, and it is unpacked like any other."""
    packed = gzip.compress(b"abc" * 100_000)
    (sftp.folder / "feed.csv.gz").write_bytes(packed)
    source = Source(f"{sftp.url}/feed.csv.gz", settings=SETTINGS)
    ((name, data),) = [(member.name, b"".join(member.chunks)) for member in source.members()]
    assert (f"sftp://127.0.0.1:{sftp.port}/feed.csv.gz", b"abc" * 100_000) == (name, data)
    assert (len(packed), len(packed), False) == (source.size_bytes, source.bytes_read, source.is_changed)


def test_a_pattern_stands_for_its_files(sftp: Sftp) -> None:
    """Sorted, without folders, from the root or from the user's own folder."""
    for name in ("b.csv", "a.csv"):
        (sftp.folder / name).write_bytes(name.encode())
    (sftp.folder / "c.csv").mkdir()
    found = expand_feeds([f"{sftp.url}/*.csv"], settings=SETTINGS)
    assert (f"{sftp.url}/a.csv", f"{sftp.url}/b.csv") == found
    assert b"a.csv" == _read(found[0])
    assert (f"{sftp.url}/~/a.csv",) == expand_feeds([f"{sftp.url}/~/a*.csv"], settings=SETTINGS)
    assert b"b.csv" == _read(f"{sftp.url}/~/b.csv")
    with pytest.raises(FeedError, match="matches no file"):
        expand_feeds([f"{sftp.url}/*.txt"], settings=SETTINGS)


def test_a_file_that_is_not_there_is_told(sftp: Sftp) -> None:
    """And so is a folder."""
    (sftp.folder / "in").mkdir()
    with pytest.raises(FeedError, match="does not exist"):
        _read(f"{sftp.url}/missing.csv")
    with pytest.raises(FeedError, match="is a folder"):
        _read(f"{sftp.url}/in")


def test_a_file_that_changes_while_it_is_read_is_noticed(sftp: Sftp) -> None:
    """What was read counts."""
    (sftp.folder / "feed.csv").write_bytes(b"a" * 100)
    source = Source(f"{sftp.url}/feed.csv", settings=SETTINGS)
    for member in source.members():
        next(member.chunks)
        (sftp.folder / "feed.csv").write_bytes(b"a" * 101)
        assert b"" == b"".join(member.chunks)[100:]
    assert source.is_changed


def test_a_password_is_taken_from_netrc(sftp: Sftp) -> None:
    """For the user and the host that it names, and only from a file that nobody else can read."""
    sftp.forget_key()
    (sftp.folder / "feed.csv").write_bytes(b"abc")
    netrc = sftp.home / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}", encoding="utf-8")
    netrc.chmod(0o600)
    assert b"abc" == _read(f"sftp://127.0.0.1:{sftp.port}/feed.csv")
    assert b"abc" == _read(f"{sftp.url}/feed.csv")
    with pytest.raises(FeedError, match="access is denied"):
        _read(f"sftp://somebody@127.0.0.1:{sftp.port}/feed.csv")
    netrc.chmod(0o644)
    with pytest.raises(FeedError, match="chmod 600") as refused:
        _read(f"{sftp.url}/feed.csv")
    assert PASSWORD not in str(refused.value)


def test_a_host_that_is_not_known_is_told_nothing(sftp: Sftp) -> None:
    """Its key must stand in known_hosts, as with ssh; no password goes to a stranger."""
    sftp.forget_host()
    with pytest.raises(FeedError, match="known_hosts"):
        _read(f"{sftp.url}/feed.csv")
