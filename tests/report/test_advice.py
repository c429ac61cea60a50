"""What a reason or an exit code means, and what to do."""

from __future__ import annotations

import pytest
from attrs import evolve

from vtex_tracking.model import Counts, Reason, Summary
from vtex_tracking.report.advice import EXIT_MEANINGS, EXPLANATIONS, advice_for, exit_meaning, next_steps

_STOPS = (
    Reason.CREDENTIALS_REFUSED,
    Reason.WRONG_ACCOUNT,
    Reason.REDIRECT,
    Reason.TLS,
    Reason.SETTINGS,
    Reason.LONG_THROTTLE,
    Reason.OUTAGE,
    Reason.MAX_DURATION,
    Reason.DEFECTS,
)


@pytest.fixture
def done(summary: Summary) -> Summary:
    return evolve(summary, counts=Counts(), exit_code=0)


def test_every_reason_is_explained() -> None:
    """The table of reasons is total, so that no run can end with an unexplained one."""
    assert set(Reason) == set(EXPLANATIONS)


@pytest.mark.parametrize("reason", Reason)
def test_an_explanation_is_made_of_sentences(reason: Reason) -> None:
    """Meaning and advice are whole sentences, and short enough to show."""
    explanation = EXPLANATIONS[reason]
    assert explanation.meaning.endswith(".")
    assert explanation.advice == advice_for(reason)
    assert explanation.advice.endswith(".")
    assert len(explanation.advice) <= 200


@pytest.mark.parametrize("reason", _STOPS)
def test_what_stopped_a_run_ends_with_running_again(reason: Reason) -> None:
    """A run that was stopped left invoices pending, so the advice for it says to run again."""
    assert "un the same command again" in advice_for(reason)


def test_every_exit_code_has_its_meaning() -> None:
    """The codes are those of the command, and a strange one is not explained away."""
    assert [*range(10), 130, 143] == list(EXIT_MEANINGS)
    assert EXIT_MEANINGS[7] == exit_meaning(7)
    assert exit_meaning(42) == "not a code of this program"


def test_nothing_is_left_to_do_when_all_went_well(done: Summary) -> None:
    """A clean run asks for nothing."""
    assert () == next_steps(done)


@pytest.mark.parametrize("counts", [Counts(failed=1), Counts(unknown=1), Counts(pending=1)])
def test_what_is_not_settled_is_sent_by_running_again(done: Summary, counts: Counts) -> None:
    """Each of failed, unknown and pending alone is enough to say: run again."""
    (step,) = next_steps(evolve(done, counts=counts))
    assert step.startswith("Run the same command again")


def test_a_stop_is_explained_before_anything_else(done: Summary) -> None:
    """What stopped the run comes first, and running again is not said twice."""
    stopped = evolve(done, counts=Counts(pending=1, defects=1), stop_reason=Reason.TLS)
    first, second = next_steps(stopped)
    assert advice_for(Reason.TLS) == first
    assert second.startswith("Mend defects.csv")


def test_rejected_invoices_and_bugs_need_a_person(done: Summary) -> None:
    """A rejection says where to look, and exit code 1 asks for a report."""
    first, second = next_steps(evolve(done, counts=Counts(rejected=1), exit_code=1))
    assert "bug" in first
    assert "results.csv" in second
