"""Where a ledger lies: for its owner alone, and on a disk of this machine."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path

import pytest

from vtex_tracking.errors import LedgerBusyError, LedgerError
from vtex_tracking.ledger.place import MOUNTS, journal_of, lock, network_filesystem_of, place_safely, size_bytes


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_ledger_that_others_can_read_is_closed_to_them(path: Path) -> None:
    """However it came to that; so is the journal beside it, and a stricter mode stays."""
    for file, mode in ((path, 0o644), (journal_of(path), 0o660)):
        file.touch()
        file.chmod(mode)
    place_safely(path)
    assert (0o600, 0o600) == (mode_of(path), mode_of(journal_of(path)))
    place_safely(path)
    assert 0o600 == mode_of(path)


def test_a_disk_without_room_for_the_name_of_the_holder_holds_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is let go as ever; what stands in the lock is only for people."""

    def fail(_fd: int, _text: bytes, _at: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", fail)
        fd = lock(path)
    with pytest.raises(LedgerBusyError, match="unknown"):
        lock(path)
    os.close(fd)
    os.close(lock(path))


def test_a_lock_that_cannot_be_had_is_not_somebody_elses(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems have none."""

    def fail(_fd: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(LedgerError, match=r"cannot be locked \(No locks available\)") as raised:
        lock(path)
    assert not isinstance(raised.value, LedgerBusyError)


def test_a_journal_that_is_a_link_is_refused(path: Path, tmp_path: Path) -> None:
    """Nobody leads us to change the mode of something else."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    elsewhere.chmod(0o644)
    journal_of(path).symlink_to(elsewhere)
    with pytest.raises(LedgerError, match="name another with --ledger"):
        place_safely(path)
    assert 0o644 == mode_of(elsewhere)


def test_a_file_that_is_not_there_has_no_size(path: Path) -> None:
    """Asking makes none."""
    assert 0 == size_bytes(path)
    path.write_bytes(b"123")
    assert 3 == size_bytes(path)


def test_a_network_file_system_is_named(path: Path, tmp_path: Path) -> None:
    """By where the ledger really lies, whatever links lead there."""
    (tmp_path / "link").symlink_to(tmp_path)
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / {path.parent.resolve()} rw - nfs4 server:/ rw\n")
    assert "nfs4" == network_filesystem_of(tmp_path / "link" / path.name, mounts=mounts)
    assert None is network_filesystem_of(Path("/ledger.db"), mounts=mounts)


def test_where_no_system_tells_of_its_mounts_nothing_is_said(path: Path, tmp_path: Path) -> None:
    """As on a Mac; and a folder of tests is on no network."""
    assert None is network_filesystem_of(path, mounts=tmp_path / "no such file")
    assert MOUNTS == Path("/proc/self/mountinfo")
