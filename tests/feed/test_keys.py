"""The key of an NF-e is whole, or it is a problem."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.feed.defects import ValueProblem
from vtex_tracking.feed.keys import check_digit, issuer_value, read_key

KEY: Final = "35260311222333000181550010006437971123456782"


def test_the_parts_of_a_key_are_read_in_the_forms_that_are_compared() -> None:
    """The issuer without zeros before it, series and number by value."""
    key = read_key(KEY, field="invoice_key")
    assert key is not None
    assert (KEY, True, "11222333000181", "1", "643797") == (
        key.text,
        key.is_of_invoice,
        key.issuer,
        key.series,
        key.number,
    )


def test_the_check_digit_of_a_public_key_agrees() -> None:
    """The key that the help page of an ERP takes apart (Mainô, "Como é formada a chave de acesso")."""
    assert read_key("33150308370779000149550010001100931002410775", field="invoice_key") is not None


@pytest.mark.parametrize(
    "written", [f"NFe{KEY}", " ".join(KEY[start : start + 4] for start in range(0, 44, 4)), int(KEY)]
)
def test_a_key_may_stand_in_groups_and_with_its_prefix(written: object) -> None:
    """As a DANFE and an XML have it, and as JSON without quotes has it."""
    key = read_key(written, field="invoice_key")
    assert key is not None
    assert KEY == key.text


@pytest.mark.parametrize("written", ["", "  ", None])
def test_nothing_is_no_key(written: object) -> None:
    """And no problem either."""
    assert read_key(written, field="invoice_key") is None


def test_an_issuer_with_letters_counts_them_as_ascii_less_48() -> None:
    """Since July 2026 a CNPJ may have letters."""
    text = "35260812ABC34501DE3555001000643797112345678"
    key = read_key(text + check_digit(text), field="invoice_key")
    assert key is not None
    assert "12ABC34501DE35" == key.issuer
    assert check_digit(text) != check_digit(text.replace("A", "B"))


def test_the_key_of_a_carriers_own_document_is_none_of_an_invoice() -> None:
    """A CT-e has a key of the same form, and another number in it."""
    text = f"{KEY[:20]}57{KEY[22:43]}"
    key = read_key(text + check_digit(text), field="invoice_key")
    assert key is not None
    assert not key.is_of_invoice


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (KEY[:-1] + "5", "bad_key"),
        (KEY[:-1], "bad_key"),
        (KEY.replace("3526", "AB26"), "bad_key"),
        ("3,52603E+43", "scientific_notation"),
        (3.5260311222333e43, "float_id"),
        (f"{KEY}/", "bad_id"),
        ("#N/D", "spreadsheet_error"),
    ],
)
def test_what_is_no_key_is_a_problem(written: object, code: str) -> None:
    """A digit that was mistyped finds no other invoice."""
    with pytest.raises(ValueProblem) as caught:
        read_key(written, field="invoice_key")
    assert (code, "invoice_key") == (caught.value.code, caught.value.field)


@given(place=st.integers(0, 42), digit=st.integers(1, 9))
def test_a_wrong_digit_is_seen_wherever_it_is(place: int, digit: int) -> None:
    """Each digit has a weight that is no multiple of 11, but two remainders share the digit 0."""
    wrong = KEY[:place] + str((int(KEY[place]) + digit) % 10) + KEY[place + 1 :]
    assert check_digit(KEY[:43]) == KEY[43]
    assert check_digit(wrong[:43]) != KEY[43]


@pytest.mark.parametrize("written", ["11.222.333/0001-81", "11222333000181", "0011222333000181"])
def test_an_issuer_is_compared_by_its_digits(written: str) -> None:
    """Marks, and zeros that a spreadsheet took away, make no other issuer."""
    assert "11222333000181" == issuer_value(written)
