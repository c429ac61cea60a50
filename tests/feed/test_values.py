"""Ids, booleans and texts are taken as written, or they are a problem."""

from __future__ import annotations

import time
import tracemalloc
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.feed.defects import DefectCode, ValueProblem
from vtex_tracking.feed.values import (
    KEPT_CHARACTERS_MAX,
    KEPT_MAX,
    count_stripped,
    cut_text,
    is_plain_text,
    read_bool,
    read_count,
    read_id,
    read_text,
    split_city_state,
    string,
)
from vtex_tracking.model import TrackingEvent, is_id

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=3,
)


def _code(read: object, *args: object, **options: object) -> DefectCode:
    assert callable(read)
    with pytest.raises(ValueProblem) as caught:
        read(*args, field="x", **options)
    assert caught.value.field == "x"
    assert caught.value.problem.isprintable()
    return caught.value.code


@pytest.mark.parametrize(
    "text",
    [
        "000030711",
        "1172452900788-01",
        "v501245lspt-01",
        "SLR-v527103anml-01",
        "MLB-2000001234",
        "a..b",
        "0",
        "12E34",
        "1E-05",
        "x" * 64,
        "30.711",
    ],
)
def test_an_id_is_kept_letter_for_letter(text: str) -> None:
    """Leading zeros, case and marks are part of an id."""
    assert text == read_id(text, field="x")


def test_an_id_may_be_a_whole_number_of_json() -> None:
    """A number without a fraction has all its digits."""
    assert "1172452900788" == read_id(1172452900788, field="x")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("1,17245E+12", "scientific_notation"),
        ("1.17245E+12", "scientific_notation"),
        ("1E+12", "scientific_notation"),
        ("1.17245E12", "scientific_notation"),
        ("30711.0", "decimal_id"),
        ("30711,00", "decimal_id"),
        ("######", "spreadsheet_error"),
        ("#N/D", "spreadsheet_error"),
        ("#REF!", "spreadsheet_error"),
        ("", "missing_field"),
        ("  ", "missing_field"),
        (None, "missing_field"),
        ("..", "bad_id"),
        (".", "bad_id"),
        ("../..", "bad_id"),
        ("a/b", "bad_id"),
        ("%2F", "bad_id"),
        ("a?x=1", "bad_id"),
        ("a#f", "bad_id"),
        ("a b", "bad_id"),
        ("a ", "bad_id"),
        ("a\n", "bad_id"),
        ("x" * 65, "bad_id"),
        ("http://evil/", "bad_id"),
        ("١٢٣", "bad_id"),
        ("a\0", "bad_id"),
        ("\ud800", "bad_id"),
        (-5, "bad_id"),
        (True, "bad_id"),
        ([], "bad_id"),
        ({}, "bad_id"),
        (1172452900788.0, "float_id"),
        (float("inf"), "float_id"),
    ],
)
def test_what_is_no_id_says_why(value: object, code: str) -> None:
    """What a spreadsheet did, what would lead to another address, and what lost digits each have a code."""
    assert code == _code(read_id, value)


@given(JSON_VALUES)
def test_an_id_that_is_read_is_one(value: object) -> None:
    """Whatever comes in, what comes out is an id, or it is a problem."""
    with suppress(ValueProblem):
        assert is_id(read_id(value, field="x"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *[
            (text, True)
            for text in ("true", "TRUE", "1", "sim", "Sim", "S", "yes", "y", "Verdadeiro", " sim ", 1, True)
        ],
        *[
            (text, False)
            for text in ("false", "False ", "FALSE", "0", "não", "NÃO", "nao", "n", "no", "falso", 0, False)
        ],
        ("", None),
        (" ", None),
        (None, None),
    ],
)
def test_booleans_are_those_of_the_table(*, value: object, expected: bool | None) -> None:
    """The text "false" is false, and nothing said is neither."""
    assert expected is read_bool(value, field="x")


@pytest.mark.parametrize("value", ["talvez", "2", 2, -1, 1.0, [], {}, "truee", "x", "sim não"])
def test_any_other_boolean_is_a_problem(value: object) -> None:
    """Nothing outside the table is guessed."""
    assert "bad_bool" == _code(read_bool, value)


@pytest.mark.parametrize(
    ("read", "value", "problem"),
    [
        (read_id, True, "true or false is not an id; expected a text"),
        (read_id, [], "a list is not an id; expected a text"),
        (read_id, " ", "is empty; every record needs one"),
        (
            read_id,
            1e3,
            "1000.0 is a number with a fraction or an exponent, so digits may be lost; write the id as a text",
        ),
        (
            read_id,
            "1E+12",
            (
                '"1E+12" is what a spreadsheet makes of a long number, and its last digits are gone; '
                "export the feed again with this column formatted as text"
            ),
        ),
        (
            read_id,
            "30711.0",
            '"30711.0" is what a spreadsheet makes of an id; format this column as text, so that zeros are kept',
        ),
        (
            read_id,
            "#REF!",
            '"#REF!" is a spreadsheet\'s sign for an error or a narrow column; mend the cell and export again',
        ),
        (
            read_id,
            "a b",
            (
                "\"a b\" is not an id; expected 1 to 64 letters, digits, '-', '_' or '.', "
                "a letter or digit at both ends, and no spaces"
            ),
        ),
        (
            read_bool,
            "talvez",
            '"talvez" is neither yes nor no; expected true/false, 1/0, sim/não, s/n, yes/no or nothing',
        ),
        (read_bool, [], "a list is neither yes nor no; expected true or false"),
        (partial(read_text, characters_max=9), "a\0b", "holds a NUL; the feed may be damaged"),
        (partial(read_text, characters_max=9), "ten letters", "has 11 characters; at most 9 are allowed"),
    ],
)
def test_a_problem_says_what_is_wrong_and_what_was_expected(
    read: Callable[..., object], value: object, problem: str
) -> None:
    """In words that a user can act on."""
    with pytest.raises(ValueProblem) as caught:
        read(value, field="x")
    assert problem == caught.value.problem


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  São Paulo ", "São Paulo"),
        ("<b>a</b>\r\nb 📦\t", "<b>a</b>\r\nb 📦"),
        ("a\x1b\x85b", "ab"),
        (unicodedata.normalize("NFD", "ação"), "ação"),
        (None, ""),
        ("#1 na fila", "#1 na fila"),
        ("#X", "#X"),
    ],
)
def test_a_text_is_sent_as_it_is_written(value: object, expected: str) -> None:
    """Only space around it and control characters go; letters are put together with their accents."""
    assert expected == read_text(value, field="x", characters_max=300)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("a\0b", "control_char"),
        ("x" * 11, "text_too_long"),
        ("x" * 1000, "text_too_long"),
        ("\x01" * 1000, "text_too_long"),  # as it is written, for what is that long is not cleaned
        ("#REF!", "spreadsheet_error"),
        (" ### ", "spreadsheet_error"),
        ("\x01#REF!\x1f", "spreadsheet_error"),
        (5, "bad_type"),
        (True, "bad_type"),
        ([], "bad_type"),
    ],
)
def test_what_is_no_text_says_why(value: object, code: str) -> None:
    """A number is no text, and neither is a spreadsheet's error."""
    assert code == _code(read_text, value, characters_max=10)


def test_an_order_that_is_not_named_may_be_told_by_a_map() -> None:
    """The message names the option that helps, for the order alone."""
    with pytest.raises(ValueProblem) as caught:
        read_id("", field="order_id")
    assert "is empty; every record needs one, or a map of invoices that tells it: --invoices" == caught.value.problem


@pytest.mark.parametrize(("value", "expected"), [("1", 1), (" 7 ", 7), (12, 12), ("10000", 10_000), ("00042", 42)])
def test_a_count_is_a_whole_number(value: object, expected: int) -> None:
    """From 1 to 10,000, as a text or as a number."""
    assert expected == read_count(value, field="x")


@pytest.mark.parametrize("value", ["0", "10001", "000001", "-1", "1.0", 1.0, "٣", "", None, True, "many", []])
def test_what_is_no_count_is_a_problem(value: object) -> None:
    """Nothing is rounded or guessed."""
    with pytest.raises(ValueProblem) as caught:
        read_count(value, field="x")
    assert ("bad_number", "x") == (caught.value.code, caught.value.field)
    assert f'"{value}" is no count; expected 1 to 10000' == caught.value.problem


@pytest.mark.parametrize(
    "sign",
    [
        "#N/A",
        "#N/D",
        "#REF!",
        "#VALUE!",
        "#VALOR!",
        "#DIV/0!",
        "#NAME?",
        "#NOME?",
        "#NUM!",
        "#NÚM!",
        "#NULL!",
        "#NULO!",
    ],
)
def test_every_error_of_a_spreadsheet_is_known(sign: str) -> None:
    """In English and in Portuguese."""
    assert "spreadsheet_error" == _code(read_text, sign, characters_max=10)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(True, "true or false"), (5, "a number"), (1.5, "a number"), ([], "a list"), ({}, "an object")],
)
def test_what_is_no_text_is_named_as_json_has_it(value: object, shown: str) -> None:
    """A user knows no types of Python."""
    with pytest.raises(ValueProblem, match=f"{shown} is no text; write it in quotes"):
        string(value, DefectCode.BAD_TYPE, "x")


def test_a_letter_under_a_heap_of_accents_is_refused_in_no_time() -> None:
    """Putting n accents in order takes n² steps, so a text of them must not reach that."""
    heap = "a" + "\u0301\u0316" * 5000
    started = time.perf_counter()
    assert "bad_unicode" == _code(read_text, heap, characters_max=5001)
    assert "bad_unicode" == _code(cut_text, heap * 10, characters_max=5001)
    assert time.perf_counter() - started < 1


def test_a_hundred_accents_on_a_letter_are_not_too_many() -> None:
    """Only a heap of them is refused, not a text that is long."""
    for text in ("ã" * 300, "x" + "\u0316" * 100):
        assert text == read_text(text, field="x", characters_max=300)
    assert "bad_unicode" == _code(read_text, "x" + "\u0316" * 101, characters_max=300)


def test_accents_count_with_their_letter() -> None:
    """The limit holds for the text as it is sent, however it was put together."""
    text = unicodedata.normalize("NFD", "ã" * 10)
    assert "ã" * 10 == read_text(text, field="x", characters_max=10)
    assert "ã" * 9 == cut_text(text, field="x", characters_max=9)


def test_a_text_is_cut_without_a_space_at_its_end() -> None:
    """What is cut is still as it is sent."""
    assert "abc" == cut_text("abc def", field="x", characters_max=4)


@given(st.text(), st.sampled_from([5, 5000]))
def test_a_text_that_is_read_may_be_sent(text: str, characters_max: int) -> None:
    """Whatever is read as a description, or cut to be one, makes an event."""
    for read in (read_text, cut_text):
        try:
            found = read(text, field="x", characters_max=characters_max)
        except ValueProblem:
            continue
        assert len(found) <= characters_max
        TrackingEvent(order_id="1", invoice_number="1", date="2026-01-01", description="x" + found)


@given(st.text())
def test_what_is_stripped_is_counted(text: str) -> None:
    """Every control character but tabs and line breaks is taken out, and no other is."""
    controls = [char for char in text if unicodedata.category(char) == "Cc" and char not in "\t\r\n"]
    assert len(controls) == count_stripped(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Curitiba/PR", ("Curitiba", "PR")),
        ("Curitiba / PR", ("Curitiba", "PR")),
        ("Curitiba - PR", ("Curitiba", "PR")),
        ("Embu-Guaçu/SP", ("Embu-Guaçu", "SP")),
        ("A/B/SP", ("A/B", "SP")),
        ("Biritiba-Mirim", ("Biritiba-Mirim", "")),
        ("", ("", "")),
    ],
)
def test_a_city_and_a_state_in_one_are_split_at_the_last_mark(text: str, expected: tuple[str, str]) -> None:
    """A hyphen inside a city's name is no mark."""
    assert expected == split_city_state(text)


def test_null_is_the_empty_text() -> None:
    """JSON says null where CSV has an empty cell."""
    assert "" == string(None, DefectCode.BAD_TYPE, "x")


def test_a_text_that_was_read_before_may_be_too_long_now() -> None:
    """Each field has a limit of its own, and a problem names the field where it stands now."""
    text = "x" * 50
    assert text == read_text(text, field="description", characters_max=50)
    with pytest.raises(ValueProblem) as caught:
        read_text(text, field="volume", characters_max=49)
    assert (DefectCode.TEXT_TOO_LONG, "volume") == (caught.value.code, caught.value.field)


def test_what_is_kept_of_texts_does_not_grow() -> None:
    """A feed in which no text comes twice takes no more memory than any other."""
    taken_bytes = []
    tracemalloc.start()
    try:
        for number in range(6 * KEPT_MAX):
            read_text(f"{number:0{KEPT_CHARACTERS_MAX}}", field="x", characters_max=300)
            if number % (2 * KEPT_MAX) == 0:
                taken_bytes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert taken_bytes[2] < 1.1 * taken_bytes[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Saiu para entrega", True),
        ("", True),
        (" a", False),
        ("a\tb", False),
        ("#REF!", False),
        ("x" + "\u0316" * 101, False),
    ],
)
def test_a_text_is_plain_where_nothing_of_it_is_changed_or_refused(text: str, *, expected: bool) -> None:
    """What `read_text` would clean or refuse is not plain."""
    assert expected is is_plain_text(text)
