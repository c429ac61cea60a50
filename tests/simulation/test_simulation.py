"""Thousands of runs with every kind of fault, in virtual time; what must hold is in tests/support/simulation_oracles.py."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
import simulation_run
from simulation_journal import Decided, Died, Ended, Remembered, Told
from simulation_play import journal_of
from simulation_run import kept_seeds, main
from simulation_teller import story_of

SEEDS: Final = "1-2000"
_PROJECT: Final = Path(__file__).parents[2]


def _without_coverage() -> Mapping[str, str]:
    """Measuring takes as long as playing, and what is played here is measured by other tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def test_whatever_happens_every_promise_is_kept() -> None:
    """No seed breaks a promise, and those that once did come first."""
    command = [sys.executable, "tests/support/simulation_run.py", "--seeds", SEEDS]
    played = subprocess.run(  # noqa: S603 - our own script
        command, cwd=_PROJECT, env=_without_coverage(), capture_output=True, text=True, check=False
    )
    assert (0, "") == (played.returncode, played.stderr), played.stdout


def test_a_seed_is_played_again_to_the_letter(tmp_path: Path) -> None:
    """The same seed is the same story, and goes the same way."""
    (tmp_path / "first").mkdir(mode=0o700)
    (tmp_path / "second").mkdir(mode=0o700)
    first = journal_of(1, folder=tmp_path / "first")
    second = journal_of(1, folder=tmp_path / "second")
    assert story_of(1) == story_of(1)
    assert [repr(entry) for entry in first.entries] == [
        repr(entry).replace(str(tmp_path / "second"), str(tmp_path / "first")) for entry in second.entries
    ]


def test_stories_hold_what_they_are_there_for(tmp_path: Path) -> None:
    """Among a few seeds are requests, deaths, ends, outcomes and feeds of several kinds: what is judged does happen."""
    happened: set[object] = set()
    for seed in range(1, 11):
        folder = tmp_path / str(seed)
        folder.mkdir(mode=0o700)
        journal = journal_of(seed, folder=folder)
        facts = [fact for night in journal.story.nights for several in night.news.values() for fact in several]
        happened |= {"volumes" if fact.volume else "no volumes" for fact in facts}
        for entry in journal.entries:
            match entry:
                case Decided(request):
                    happened.add("applied" if request.is_applied else "not applied")
                case Died():
                    happened.add("died")
                case Ended(summary):
                    happened.add(summary.exit_code)
                case Told(_, outcome):
                    happened.add(outcome)
                case Remembered(heard, news):
                    happened.add("accepted" if news <= heard else "not accepted")
                case _:
                    pass
    assert {"applied", "not applied", "died", 0, 130, "sent", "unchanged"} <= happened
    assert {"accepted", "not accepted", "volumes", "no volumes"} <= happened


def test_a_failing_seed_says_how_to_play_it_again_and_is_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sees a seed fail has the command, what is wrong, and from then on the seed itself."""
    monkeypatch.setattr(simulation_run, "KEPT", tmp_path / "seeds.txt")
    simulation_run.KEPT.write_text("# none yet\n", encoding="utf-8")
    seed = _first_without_latch()
    arguments = ["--seeds", str(seed), "--without", "latch", "--keep", "--processes", "1"]
    assert 1 == main(arguments)
    told = capsys.readouterr().out
    assert f"seed {seed}: python tests/support/simulation_run.py --seeds {seed} --without latch\n" in told
    assert "VTEX should hold" in told
    assert (seed,) == kept_seeds()


def _first_without_latch() -> int:
    return next(seed for seed in range(1, 100) if simulation_run.problems_without("latch", seed))
