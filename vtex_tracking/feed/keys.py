"""The key of an NF-e: 44 characters that say who issued which invoice, and confirm themselves.

State 2 digits, year and month 4, issuer's CNPJ or CPF 14, model 2, series 3, number 9, kind of issue 1, code 8, check digit
1. Since July 2026 a CNPJ may have letters (Nota Técnica Conjunta DF-e 2025.001); each counts as its ASCII code less 48.
"""

from __future__ import annotations

import re
from operator import mul
from typing import Final

from attrs import frozen

from vtex_tracking.feed.defects import DefectCode, ValueProblem, show
from vtex_tracking.feed.values import read_id
from vtex_tracking.model import number_value

_KEY: Final = re.compile(r"\d{6}[A-Z0-9]{12}\d{26}", re.ASCII)
_PREFIX: Final = "NFe"  # as in the Id of an NF-e's XML
_INVOICES: Final = frozenset({"55", "65"})  # NF-e and NFC-e; the key of a CT-e says nothing of the invoice
_ZERO: Final = ord("0")
_WEIGHTS: Final = tuple(2 + place % 8 for place in reversed(range(43)))


@frozen
class AccessKey:
    """A key whose check digit agrees with the rest of it."""

    text: str

    @property
    def is_of_invoice(self) -> bool:
        """Whether it is the key of an NF-e, and not of the carrier's own document."""
        return self.text[20:22] in _INVOICES

    @property
    def issuer(self) -> str:
        """The CNPJ or CPF of who issued it, in the form in which issuers are compared."""
        return issuer_value(self.text[6:20])

    @property
    def series(self) -> str:
        """Its series by value."""
        return number_value(self.text[22:25])

    @property
    def number(self) -> str:
        """The number of the invoice by value."""
        return number_value(self.text[25:34])


def read_key(value: object, *, field: str) -> AccessKey | None:
    """A key is 44 characters, in groups or not, whose last confirms the others; None for an empty value."""
    text = "".join(value.split()).removeprefix(_PREFIX) if isinstance(value, str) else value
    if text is None or text == "":
        return None
    key = read_id(text, field=field)
    if _KEY.fullmatch(key) is None:
        problem = f"{show(key)} is not the key of an NF-e; expected 44 digits"
        raise ValueProblem(DefectCode.BAD_KEY, problem, field=field)
    if key[-1] != check_digit(key[:-1]):
        problem = (
            f"{show(key)} is not the key of an NF-e: its last digit does not agree with the others; was one mistyped?"
        )
        raise ValueProblem(DefectCode.BAD_KEY, problem, field=field)
    return AccessKey(key)


def check_digit(text: str) -> str:
    """The last digit of a key is that of the 43 others, weighted 2 to 9 from the right, modulo 11."""
    total = sum(map(mul, text.encode("ascii"), _WEIGHTS)) - _ZERO * sum(_WEIGHTS)
    digit = 11 - total % 11
    return str(digit) if digit < 10 else "0"  # noqa: PLR2004 - where the remainder is 0 or 1


def issuer_value(text: str) -> str:
    """A CNPJ or CPF without its marks, and without the zeros before it, which a spreadsheet takes away."""
    return "".join(filter(str.isalnum, text)).upper().lstrip("0")
