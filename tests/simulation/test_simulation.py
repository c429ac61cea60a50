"""Thousands of runs with every kind of fault, in virtual time; what must hold is in tests/support/simulation_oracles.py."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest
import simulation_run
from simulation_journal import Decided, Died, Ended, Remembered, Told
from simulation_play import journal_of, problems_of
from simulation_run import kept_seeds, main
from simulation_teller import story_of

pytestmark = pytest.mark.unmeasured

SEEDS_MAX: Final = 500  # of those that play in the gate; `make simulate` plays more
AT_ONCE: Final = 20  # seeds that a test takes, so that every core has its share


@pytest.mark.parametrize("first", range(1, SEEDS_MAX + 1, AT_ONCE))
def test_whatever_happens_every_promise_is_kept(first: int) -> None:
    """No seed breaks a promise: python tests/support/simulation_run.py --seeds plays one again."""
    assert {} == _broken(range(first, first + AT_ONCE))


def test_a_seed_that_once_broke_a_promise_keeps_it() -> None:
    """What a simulation has found stays found."""
    assert {} == _broken(kept_seeds())


def _broken(seeds: Iterable[int]) -> dict[int, tuple[str, ...]]:
    return {seed: problems for seed in seeds if (problems := problems_of(seed))}


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
