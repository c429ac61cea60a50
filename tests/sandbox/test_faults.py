from __future__ import annotations

from typing import Any

import pytest

from vtex_tracking.errors import SettingsError
from vtex_tracking.sandbox import Ending, FaultRule, read_faults


def read(toml: str) -> FaultRule:
    """The one rule of a file."""
    (rule,) = read_faults(f"[[fault]]\n{toml}", name="faults.toml")
    return rule


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        (
            'methods = ["GET", "PUT"]\norders = ["1*"]\ninvoices = ["7", "8"]\nattempts = [1, 2]\nstatus = 500\napply = true',
            FaultRule(
                methods=("GET", "PUT"),
                orders=("1*",),
                invoices=("7", "8"),
                attempts=(1, 2),
                status=500,
                is_applied=True,
            ),
        ),
        ('every = 5\ntimes = 3\ndelay = "2s"', FaultRule(every=5, times=3, delay_s=2.0)),
        (
            'share = 0.2\nseed = 7\nreset = "before"',
            FaultRule(share=0.2, seed=7, ending=Ending.RESET, is_applied=False),
        ),
        ('reset = "after"', FaultRule(ending=Ending.RESET, is_applied=True)),
        ("share = 1\nclose = true", FaultRule(share=1.0, ending=Ending.CLOSE)),
        ("cut_body = true\nclose = false", FaultRule(ending=Ending.CUT_BODY)),
        ("silence = true", FaultRule(ending=Ending.SILENCE)),
        ("html = true", FaultRule(is_html=True)),
        (
            'status = 429\nbody = "no"\nheaders = { Retry-After = ["7", "9"], X-A = "1" }',
            FaultRule(status=429, body="no", headers={"Retry-After": ("7", "9"), "X-A": ("1",)}),
        ),
    ],
)
def test_a_rule_is_read_as_it_would_be_made(toml: str, expected: FaultRule) -> None:
    """Each key of the file fills its field of the rule."""
    assert expected == read(toml)


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("order = ['1']", "order: no such key; expected one of methods, orders, "),
        ("orders = '1'", "orders: '1' is not a list with at least one value"),
        ("orders = []", "orders: [] is not a list with at least one value"),
        ("orders = [1]", "orders: 1 is not a text"),
        ("methods = ['POST']", 'methods: \'POST\' is not "PUT" or "GET"'),
        ("attempts = [0]", "attempts: 0 is not above 0"),
        ("every = true", "every: True is not a whole number"),
        ("after = 0", "after: 0 is not above 0"),
        ("share = 0", "share: 0 is not a share: expected more than 0.0, at most 1.0"),
        ("share = true", "share: True is not a share"),
        ("status = 199", "status: 199 is not a status between 200 and 599"),
        ("headers = 'x'", "headers: 'x' is not a table of headers"),
        ("headers = { 'a b' = 'x' }", "headers: 'a b' is not the name of a header"),
        ('headers = { a = "x\\r\\ny" }', "headers: 'x\\r\\ny' has a character that no header may hold"),
        ("body = 1", "body: 1 is not a text"),
        ("html = 1", "html: 1 is not true or false"),
        ("delay = 2", "delay: 2 is not a text"),
        ("delay = '2'", "delay: '2' is not a duration; expected a number and a unit"),
        ("reset = true", 'reset: True is not "before" or "after"'),
        ("close = true\nsilence = true", "close and silence exclude each other"),
        ("reset = 'before'\napply = true", 'apply: reset = "before" or "after" says it already'),
        ("every = 5", "the rule says nothing to do: expected status, "),
        ("apply = true", "the rule says nothing to do: expected status, "),
        ("close = true\nstatus = 500", "close gives no answer: leave out status, "),
        ("seed = 7\nstatus = 500", "seed without share"),
    ],
)
def test_a_wrong_rule_is_told_what_is_wrong(toml: str, problem: str) -> None:
    """A value out of its range, an unknown key and a contradiction are named with the rule they stand in."""
    with pytest.raises(SettingsError) as caught:
        read(toml)
    assert str(caught.value).startswith(f"faults.toml: fault 1: {problem}")


def test_all_problems_are_told_at_once() -> None:
    """Every problem of every rule stands on a line of its own."""
    text = "[[fault]]\nstatus = 1\nevery = 0\n[[fault]]\nstatus = 500\n[[fault]]\nnothing = 1\n"
    with pytest.raises(SettingsError) as caught:
        read_faults(text, name="f")
    starts = ["f: fault 1: status: ", "f: fault 1: every: ", "f: fault 3: nothing: "]
    lines = str(caught.value).splitlines()
    assert len(starts) == len(lines)
    assert all(line.startswith(start) for start, line in zip(starts, lines, strict=True))


@pytest.mark.parametrize(
    "text", ["", "fault = 1", "[fault]\nstatus = 500", "x = 1\n[[fault]]\nstatus = 500", "fault = []"]
)
def test_a_file_is_a_list_of_rules(text: str) -> None:
    """A file without a rule, or with anything beside its rules, is no file of faults."""
    with pytest.raises(SettingsError, match=r"^f: expected one or more \[\[fault\]\] tables and nothing else$"):
        read_faults(text, name="f")


def test_a_file_that_is_no_toml_says_where() -> None:
    """TOML's own message, with its line, is passed on."""
    with pytest.raises(SettingsError, match=r"^f is not TOML: .*line 2"):
        read_faults("[[fault]]\nstatus = = 5", name="f")
    with pytest.raises(SettingsError, match=r"^f is not TOML"):
        read_faults(f"times = {5000 * '9'}", name="f")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"every": 0, "status": 500}, "every: 0 is not above 0"),
        ({"after": 0, "status": 500}, "after: 0 is not above 0"),
        ({"delay_s": -1.0}, "delay_s: -1.0 is not a number of seconds"),
        ({"delay_s": True}, "delay_s: True is not a number of seconds"),
        ({"delay_s": float("inf")}, "delay_s: inf is not a number of seconds"),
        ({"orders": (), "status": 500}, r"orders: \(\) is not a list"),
        ({"seed": 1}, "the rule says nothing to do: .*; seed without share"),
    ],
)
def test_a_rule_made_in_python_is_checked_alike(fields: dict[str, Any], message: str) -> None:
    """What the file may not say, a caller may not either."""
    with pytest.raises(ValueError, match=f"^{message}"):
        FaultRule(**fields)


@pytest.mark.parametrize(
    ("rule", "takes_effect"),
    [
        (FaultRule(delay_s=1.0), True),
        (FaultRule(headers={"X-A": "1"}), True),
        (FaultRule(ending=Ending.CUT_BODY), True),
        (FaultRule(status=500), False),
        (FaultRule(status=500, is_applied=True), True),
        (FaultRule(body="{}"), False),
        (FaultRule(is_html=True), False),
        (FaultRule(ending=Ending.CLOSE), False),
        (FaultRule(ending=Ending.CLOSE, is_applied=True), True),
        (FaultRule(ending=Ending.SILENCE), False),
        (FaultRule(ending=Ending.RESET), False),
        (FaultRule(is_applied=False), False),
    ],
)
def test_an_update_takes_effect_with_the_ordinary_answer_only(rule: FaultRule, *, takes_effect: bool) -> None:
    """An update is applied when its own answer goes back, however late or cut, or when the rule says so."""
    assert takes_effect == rule.takes_effect
