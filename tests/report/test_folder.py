"""The report's folder, and files that are whole or absent."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vtex_tracking.errors import ReportError
from vtex_tracking.report.folder import Drafts, prepare_folder

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=[0o000, 0o022, 0o777])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("_umask")
def test_what_is_made_is_private_under_any_umask(tmp_path: Path) -> None:
    """Folders are 0700, those above too, and files 0600, whatever the shell's umask."""
    folder = tmp_path / "reports" / "run"
    prepare_folder(folder)
    with Drafts(folder) as drafts:
        drafts.new("a.csv").write("a")
        path = drafts.publish("a.csv")
    assert [0o700, 0o700, 0o600] == [_mode(folder.parent), _mode(folder), _mode(path)]


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    """A folder that a person made is theirs; preparing it twice, and writing to it, changes nothing but our files."""
    tmp_path.chmod(0o755)
    prepare_folder(tmp_path)
    prepare_folder(tmp_path)
    assert _mode(tmp_path) == 0o755
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_cannot_be_is_found_before_sending(tmp_path: Path, name: str) -> None:
    """The error names the folder, the cause, and the option that helps."""
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match=rf"{name}: no report can be written there: .+--report"):
        prepare_folder(tmp_path / name)


def test_a_draft_is_hidden_until_it_is_whole(tmp_path: Path) -> None:
    """Before it is published nothing has its name; afterwards nothing else is left."""
    with Drafts(tmp_path) as drafts:
        drafts.new("a.csv").write("whole")
        assert [".a.csv"] == [path.name[:6] for path in tmp_path.iterdir()]
        drafts.publish("a.csv")
        assert [tmp_path / "a.csv"] == list(tmp_path.iterdir())
    assert (tmp_path / "a.csv").read_text() == "whole"


def test_what_is_published_has_reached_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are on the disk before the file has its name, and the name is before the next step."""
    synced: list[tuple[int, bool]] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        fsync(handle)
        synced.append((os.fstat(handle).st_ino, (tmp_path / "a.csv").exists()))

    monkeypatch.setattr(os, "fsync", noted)
    with Drafts(tmp_path) as drafts:
        drafts.new("a.csv").write("whole")
        path = drafts.publish("a.csv")
    assert [(path.stat().st_ino, False), (tmp_path.stat().st_ino, True)] == synced


def test_a_draft_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    """Whatever ends the writing, an older file stays as it was, and no draft stays beside it."""
    (tmp_path / "a.csv").write_text("old")
    with pytest.raises(KeyboardInterrupt), Drafts(tmp_path) as drafts:  # noqa: PT012  the order is the test
        drafts.new("a.csv").write("half")
        drafts.new("b.csv")
        raise KeyboardInterrupt
    assert [tmp_path / "a.csv"] == list(tmp_path.iterdir())
    assert (tmp_path / "a.csv").read_text() == "old"


def test_a_draft_takes_any_text(tmp_path: Path) -> None:
    """Line ends stay as written, and half of a surrogate pair, which UTF-8 cannot hold, is escaped."""
    with Drafts(tmp_path) as drafts:
        drafts.new("a.csv").write("é\r\n\ud800")
        path = drafts.publish("a.csv")
    assert path.read_bytes() == "é\r\n\\ud800".encode()


def test_what_cannot_be_replaced_gets_another_name(tmp_path: Path) -> None:
    """The new file goes to the first free number, and what holds the name is left alone."""
    (tmp_path / "a.csv").mkdir()
    (tmp_path / "a.1.csv").mkdir()
    with Drafts(tmp_path) as drafts:
        drafts.new("a.csv").write("whole")
        path = drafts.publish("a.csv")
    assert tmp_path / "a.2.csv" == path
    assert path.read_text() == "whole"


def test_there_is_an_end_to_other_names(tmp_path: Path) -> None:
    """When ten names are held, something else is wrong, and the draft goes."""
    held = {tmp_path / name for name in ("a.csv", *(f"a.{number}.csv" for number in range(1, 10)))}
    for path in held:
        path.mkdir()
    with pytest.raises(PermissionError, match=r"a\.csv and 9 other names"), Drafts(tmp_path) as drafts:  # noqa: PT012
        drafts.new("a.csv")
        drafts.publish("a.csv")
    assert held == set(tmp_path.iterdir())


def test_a_draft_that_a_killed_run_left_goes_with_the_next_of_its_name(tmp_path: Path) -> None:
    """Only drafts of the same file: what else lies in the folder is somebody's."""
    for name in (".a.csv.1234.part", ".b.csv.1234.part", "a.csv.part"):
        (tmp_path / name).touch()
    with Drafts(tmp_path) as drafts:
        drafts.new("a.csv")
        drafts.publish("a.csv")
    assert {"a.csv", ".b.csv.1234.part", "a.csv.part"} == {path.name for path in tmp_path.iterdir()}
