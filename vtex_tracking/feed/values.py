"""Strict reading of ids, booleans and texts: a value is taken as it was written, or it is a problem."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.defects import DefectCode, ValueProblem, show
from vtex_tracking.model import ID_CHARACTERS_MAX, clean_text, is_id

_SCIENTIFIC: Final = re.compile(r"\d+(?:[.,]\d+)?[eE]\+\d+|\d+[.,]\d+[eE]-?\d+", re.ASCII)
_DECIMAL: Final = re.compile(r"\d+[.,]0+", re.ASCII)
_SPREADSHEET_ERRORS: Final = frozenset(
    ("#N/A", "#N/D", "#REF!", "#VALUE!", "#VALOR!", "#DIV/0!", "#NAME?", "#NOME?", "#NUM!", "#NÚM!", "#NULL!", "#NULO!")
)
BOOLS: Final = {
    "": None,
    "true": True, "1": True, "sim": True, "s": True, "yes": True, "y": True, "verdadeiro": True,
    "false": False, "0": False, "nao": False, "não": False, "n": False, "no": False, "falso": False,
}  # fmt: skip
COUNT_MAX: Final = 10_000
_RAW_FACTOR: Final = 2  # a letter and its accent are one character once they are put together
_MARKS_MAX: Final = 100  # on one letter; putting n of them in order takes n² steps
_HEAP: Final = b"\x01" * (_MARKS_MAX + 1)
KEPT_MAX: Final = 4096  # texts whose meaning is kept at a time, of each kind: feeds say the same few again and again
KEPT_CHARACTERS_MAX: Final = 128  # of such a text
_TYPES: Final = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


def read_id(value: object, *, field: str) -> str:
    """An id is text exactly as written, leading zeros and all; what a spreadsheet or JSON did to one is a problem."""
    match value:
        case str() as text if is_id(text) and not ("." in text and _is_number(text)):
            return text
        case str() as text:
            raise _id_problem(text, field)
        case bool():
            raise ValueProblem(DefectCode.BAD_ID, "true or false is not an id; expected a text", field=field)
        case int():
            return read_id(str(value), field=field)
        case float():
            problem = (
                f"{value} is a number with a fraction or an exponent, so digits may be lost; write the id as a text"
            )
            raise ValueProblem(DefectCode.FLOAT_ID, problem, field=field)
        case None:
            raise _id_problem("", field)
        case _:
            raise ValueProblem(DefectCode.BAD_ID, f"{_type(value)} is not an id; expected a text", field=field)


def _is_number(text: str) -> bool:
    return _SCIENTIFIC.fullmatch(text) is not None or _DECIMAL.fullmatch(text) is not None


def _id_problem(text: str, field: str) -> ValueProblem:
    shown = show(text)
    if not text.strip():
        found = ", or a map of invoices that tells it: --invoices" if field == Field.ORDER_ID else ""
        return ValueProblem(DefectCode.MISSING_FIELD, f"is empty; every record needs one{found}", field=field)
    if _SCIENTIFIC.fullmatch(text):
        problem = (
            f"{shown} is what a spreadsheet makes of a long number, and its last digits are gone; export the feed again "
            "with this column formatted as text"
        )
        return ValueProblem(DefectCode.SCIENTIFIC_NOTATION, problem, field=field)
    if _DECIMAL.fullmatch(text):
        problem = f"{shown} is what a spreadsheet makes of an id; format this column as text, so that zeros are kept"
        return ValueProblem(DefectCode.DECIMAL_ID, problem, field=field)
    check_spreadsheet(text, field)
    problem = (
        f"{shown} is not an id; expected 1 to {ID_CHARACTERS_MAX} letters, digits, '-', '_' or '.', a letter or digit "
        "at both ends, and no spaces"
    )
    return ValueProblem(DefectCode.BAD_ID, problem, field=field)


def check_spreadsheet(text: str, field: str) -> None:
    """A value is not the sign that a spreadsheet shows where it has none."""
    text = text.strip()
    if text.startswith("#") and (not text.strip("#") or text in _SPREADSHEET_ERRORS):
        problem = (
            f"{show(text)} is a spreadsheet's sign for an error or a narrow column; mend the cell and export again"
        )
        raise ValueProblem(DefectCode.SPREADSHEET_ERROR, problem, field=field)


def read_bool(value: object, *, field: str) -> bool | None:
    """Only what the table holds is true or false, case and spaces around it aside; empty is None, for not said."""
    match value:
        case bool() | None:
            return value
        case str() if value in BOOLS:
            return BOOLS[value]
        case str() | int():
            text = str(value).strip().casefold()
            if text in BOOLS:
                return BOOLS[text]
            problem = (
                f"{show(str(value))} is neither yes nor no; expected true/false, 1/0, sim/não, s/n, yes/no or nothing"
            )
            raise ValueProblem(DefectCode.BAD_BOOL, problem, field=field)
        case _:
            raise ValueProblem(
                DefectCode.BAD_BOOL, f"{_type(value)} is neither yes nor no; expected true or false", field=field
            )


def read_count(value: object, *, field: str) -> int:
    """A count is a whole number from 1 to 10,000."""
    text = str(value).strip()
    if text.isascii() and text.isdigit() and len(text) <= len(str(COUNT_MAX)) and 1 <= int(text) <= COUNT_MAX:
        return int(text)
    raise ValueProblem(DefectCode.BAD_NUMBER, f"{show(str(value))} is no count; expected 1 to {COUNT_MAX}", field=field)


def read_text(value: object, *, field: str, characters_max: int) -> str:
    """A text is sent as it is written, without spaces around it and without control characters, or it is too long."""
    plain = _plain_text(value) if type(value) is str and len(value) <= KEPT_CHARACTERS_MAX else None
    if plain is not None and len(plain) <= characters_max:
        return plain
    text = string(value, DefectCode.BAD_TYPE, field)
    cleaned = text if len(text) > _RAW_FACTOR * characters_max else _cleaned(text, field)
    if len(cleaned) <= characters_max:
        return cleaned
    problem = f"has {len(cleaned)} characters; at most {characters_max} are allowed"
    raise ValueProblem(DefectCode.TEXT_TOO_LONG, problem, field=field)


@lru_cache(KEPT_MAX)
def _plain_text(text: str) -> str | None:
    """A short text as `read_text` has it for any field; None for one that needs a closer look."""
    try:
        return _cleaned(text, "")
    except ValueProblem:
        return None


def is_plain_text(text: str) -> bool:
    """Whether `read_text` takes a text exactly as it is, for a field that is long enough."""
    try:
        return text.isprintable() and _cleaned(text, "") == text
    except ValueProblem:
        return False


def cut_text(text: str, *, field: str, characters_max: int) -> str:
    """A text that is too long ends where it may be no longer."""
    return _cleaned(text[: _RAW_FACTOR * characters_max], field)[:characters_max].rstrip()


def _cleaned(text: str, field: str) -> str:
    if "\0" in text:
        raise ValueProblem(DefectCode.CONTROL_CHAR, "holds a NUL; the feed may be damaged", field=field)
    if len(text) > _MARKS_MAX and _HEAP in bytes(map(bool, map(unicodedata.combining, text))):
        raise ValueProblem(DefectCode.BAD_UNICODE, f"holds more than {_MARKS_MAX} accents on one letter", field=field)
    cleaned = clean_text(text)
    check_spreadsheet(cleaned, field)
    return cleaned


def count_stripped(text: str) -> int:
    """How many characters `read_text` takes out of a text because they are control characters."""
    return (
        0 if text.isprintable() else sum(unicodedata.category(char) == "Cc" and char not in "\t\r\n" for char in text)
    )


def split_city_state(text: str) -> tuple[str, str]:
    """`Curitiba/PR` and `Curitiba - PR` are a city and a state, split at the last mark; without one all is the city."""
    for mark in ("/", " - "):
        city, found, state = text.rpartition(mark)
        if found:
            return city.strip(), state.strip()
    return text, ""


def stripped(value: object) -> object:
    """A value without spaces around it, if it is a text, so that a cell of spaces is as empty as any."""
    return value.strip() if isinstance(value, str) else value


def string(value: object, code: DefectCode, field: str) -> str:
    """Only a text is a text, and null is the empty one."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    raise ValueProblem(code, f"{_type(value)} is no text; write it in quotes", field=field)


def _type(value: object) -> str:
    return _TYPES[type(value)]
