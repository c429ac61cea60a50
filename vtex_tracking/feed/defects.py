"""Why a record could not be read: the codes, and the exception that carries one to the place that knows the line."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

SHOWN_CHARACTERS_MAX: Final = 80


class DefectCode(StrEnum):
    """What is wrong with a record. A code, once released, keeps its meaning."""

    # the line
    BAD_ENCODING = "bad_encoding"  # its bytes are no text in the feed's encoding; they are shown escaped
    CONTROL_CHAR = "control_char"  # it holds a NUL
    LINE_TOO_LONG = "line_too_long"
    # a record of CSV
    FIELD_TOO_LONG = "field_too_long"
    TOO_MANY_CELLS = "too_many_cells"  # more cells than the header: usually a delimiter without quotes
    # a record of a fixed-width layout
    SHORT_RECORD = "short_record"  # it ends before all that it must hold
    NOT_A_RECORD = "not_a_record"  # it does not begin with the type of a record
    # a record of JSON Lines
    BAD_JSON = "bad_json"
    TRUNCATED = "truncated"  # the last line ends in the middle: the feed was still being written
    NOT_AN_OBJECT = "not_an_object"
    DUPLICATE_KEY = "duplicate_key"
    TOO_MANY_EVENTS = "too_many_events"  # in the list of one line
    AMBIGUOUS_FIELD = "ambiguous_field"  # two keys that may mean the same
    TOO_DEEP = "too_deep"
    BAD_NUMBER = "bad_number"  # NaN, Infinity, or thousands of digits
    BAD_TYPE = "bad_type"  # a number or a list where a text belongs
    BAD_UNICODE = "bad_unicode"  # half of a surrogate pair, which is no character
    # an id
    BAD_ID = "bad_id"
    FLOAT_ID = "float_id"  # a number with a fraction or an exponent: digits may be lost
    DECIMAL_ID = "decimal_id"  # 30711.0: a spreadsheet took it for a number
    SCIENTIFIC_NOTATION = "scientific_notation"  # 1,17245E+12: a spreadsheet threw digits away
    # a carrier's answer
    NO_TRACKING = "no_tracking"  # the carrier has no event of the parcel
    # finding the order
    BAD_KEY = "bad_key"  # an NF-e key whose digits do not agree
    ORDER_NOT_FOUND = "order_not_found"
    AMBIGUOUS_INVOICE = "ambiguous_invoice"  # several invoices of the map may be meant
    # a code
    UNKNOWN_CODE = "unknown_code"  # in no table, and the record has no description of its own
    # any value
    SPREADSHEET_ERROR = "spreadsheet_error"  # ######, #N/D, #REF!
    MISSING_FIELD = "missing_field"
    BAD_DATE = "bad_date"
    DATE_RANGE = "date_range"
    BAD_BOOL = "bad_bool"
    TEXT_TOO_LONG = "text_too_long"
    # the record as a whole
    MISSING_DELIVERED_DATE = "missing_delivered_date"
    DELIVERED_CONTRADICTION = "delivered_contradiction"  # a delivered date, and "not delivered"


LINE_PROBLEMS: Final = {
    DefectCode.BAD_ENCODING: "is no text in the feed's encoding (its bytes are shown escaped); save it as UTF-8, or name its --encoding",
    DefectCode.CONTROL_CHAR: "holds a NUL, which no text has; the feed may be damaged",
    DefectCode.LINE_TOO_LONG: "is longer than a line may be (line_bytes_max); is an end of line missing?",
    DefectCode.FIELD_TOO_LONG: "has a cell that is longer than a field may be (field_characters_max); is a delimiter missing?",
}


class ValueProblem(Exception):  # noqa: N818 - it says what a record has, and never leaves the room
    """A value of a record cannot be taken: a code, what to say about it, and the field where it stands, if one."""

    def __init__(self, code: DefectCode, problem: str, *, field: str = "") -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.field = field


class MonthFirstDate(ValueProblem):
    """A date that only month-first can read: then every other date of the feed is in doubt, and the feed stops."""


def show(text: str) -> str:
    """Quote a text from outside for a message: at most 80 characters, each one printable."""
    return f'"{plain(text)}"'


def plain(text: str) -> str:
    """Cut a text from outside to 80 characters, and escape those that do not print."""
    return escaped(text if len(text) <= SHOWN_CHARACTERS_MAX else text[: SHOWN_CHARACTERS_MAX - 1] + "…")


def escaped(text: str) -> str:
    """A text as it can be written anywhere: what does not print, and what UTF-8 cannot hold, stands escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
