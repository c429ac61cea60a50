"""Bars, and what is lost against a baseline."""

from __future__ import annotations

import pytest
from bars import BARS, Bar, Judged, Of, judge
from figures import OURS, Figure, ratio


def _figure(*values: float, subject: str = OURS, case: str = "small") -> Figure:
    return Figure(suite="push", case=case, subject=subject, quantity="requests/s", values=values, command="-")


def _of(case: str = "small", *, subject: str = OURS) -> Of:
    return Of(suite="push", case=case, quantity="requests/s", subject=subject)


def test_a_ratio_is_of_rounds() -> None:
    """A round in which all was slow counts like any other."""
    assert 2.0 == ratio(_figure(20, 2, 30), _figure(10, 1, 10, subject="peer"))


def test_a_ratio_of_what_was_not_measured_in_turn_is_of_medians() -> None:
    """Such as of two sizes, where the larger one takes so long that it has one round."""
    assert 2.0 == ratio(_figure(30), _figure(10, 15, 90, subject="peer"))


def test_the_largest_case_that_was_measured_is_meant() -> None:
    """A quick look has small cases only."""
    small, large = _figure(1), _figure(2, case="large")
    assert large == _of("small|large").find([small, large])
    assert small == _of("small|large").find([small])
    assert None is _of().find([large])


@pytest.mark.parametrize(
    ("word", "value", "baseline"),
    [
        ("not measured", None, 1.0),
        ("met", 0.7, None),
        ("met", 0.81, 1.0),
        ("LOST", 0.79, 1.0),
        ("NOT MET", 0.59, 0.59),
        ("LOST", 0.4, 0.59),
    ],
)
def test_a_ratio_may_lose_a_fifth_but_not_its_bar(word: str, value: float | None, baseline: float | None) -> None:
    """A loss is judged first; what was not measured fails nobody."""
    bar = Bar(says="-", of=_of(), beside=_of(subject="peer"), least=0.6)
    judged = Judged(bar=bar, value=value, baseline=baseline)
    assert (word, word.isupper()) == (judged.word, judged.is_failed)


@pytest.mark.parametrize(("word", "value"), [("met", 0.6), ("not met yet", 0.29), ("LOST", 0.2)])
def test_a_bar_that_was_never_reached_fails_nobody_but_may_be_lost(word: str, value: float) -> None:
    """It is told at every check."""
    bar = Bar(says="-", of=_of(), beside=_of(subject="peer"), least=0.6, is_open=True)
    judged = Judged(bar=bar, value=value, baseline=0.28)
    assert (word, word == "LOST") == (judged.word, judged.is_failed)


@pytest.mark.parametrize(("word", "value"), [("met", 1.24), ("LOST", 1.26), ("LOST", 1.6)])
def test_what_may_grow_may_grow_by_as_much(word: str, value: float) -> None:
    """Where less is better, a fifth is lost at five quarters."""
    bar = Bar(says="-", of=_of(), beside=_of("large"), most=1.5)
    assert word == Judged(bar=bar, value=value, baseline=1.0).word


def test_what_is_no_ratio_is_not_compared() -> None:
    """It says more of the machine."""
    assert "met" == Judged(bar=Bar(says="-", of=_of(), most=200), value=150, baseline=50).word


def test_every_bar_is_judged() -> None:
    """Each has a name of its own, by which the baseline knows it, and one limit."""
    judged = judge([], baseline={})
    assert BARS == tuple(each.bar for each in judged)
    assert {"not measured"} == {each.word for each in judged}
    assert len(BARS) == len({bar.says for bar in BARS})
    assert all((bar.least is None) != (bar.most is None) for bar in BARS)


def test_a_bar_finds_its_figures() -> None:
    """A value is the median of the rounds, or of their ratios."""
    figures = [_figure(2, 4, 6), _figure(1, 1, 1, subject="peer")]
    assert 4 == Bar(says="-", of=_of(), least=1).value(figures)
    assert 4 == Bar(says="-", of=_of(), beside=_of(subject="peer"), least=1).value(figures)
    assert None is Bar(says="-", of=_of(), beside=_of(subject="nobody"), least=1).value(figures)
    assert None is Bar(says="-", of=_of("large"), beside=_of(), least=1).value(figures)
