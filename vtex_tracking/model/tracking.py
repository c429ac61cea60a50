"""What a feed says: events, defects, and how a feed was understood.

Every class here is frozen, and what it accepts it has checked: an id that could reach another address, a date that is
not one, or text that UTF-8 cannot hold never becomes a `TrackingEvent`, whoever made it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Final, NamedTuple

from attrs import field, frozen

ID_CHARACTERS_MAX: Final = 64
DESCRIPTION_CHARACTERS_MAX: Final = 5000  # VTEX's limit, from its older API page
TEXT_CHARACTERS_MAX: Final = 300  # of a city or a state; nobody publishes a limit
VOLUME_CHARACTERS_MAX: Final = 64
VOLUMES_MAX: Final = 10_000  # that a record may say an invoice has

_RAW_CHARACTERS_MAX: Final = 2 * DESCRIPTION_CHARACTERS_MAX  # before normalising, which may halve a text

# Letters, digits and `-`, `_`, `.` are what VTEX is known to accept; a dot at an end would be a relative path.
_ID: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def is_id(text: str) -> bool:
    """An id is 1 to 64 of the letters, digits and marks that are known to be safe in an address of VTEX."""
    return _ID.fullmatch(text) is not None


def is_unicode(text: str) -> bool:
    """Text is Unicode when UTF-8 can hold it: a lone half of a surrogate pair cannot be written anywhere."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def clean_text(text: str) -> str:
    """Text is NFC, with no space at its ends and no control character but tab and line breaks.

    What is far too long is left as it is, to be refused: normalising a heap of accents takes time with its square.
    """
    if len(text) > _RAW_CHARACTERS_MAX or (text.isprintable() and unicodedata.is_normalized("NFC", text)):
        return text.strip()
    return unicodedata.normalize("NFC", _CONTROL.sub("", text)).strip()


def _volume(text: str) -> str:
    """A volume has one name however its accents are written; unlike a text it is never mended, only refused."""
    is_in_form = text.isascii() or len(text) > _RAW_CHARACTERS_MAX
    return (text if is_in_form else unicodedata.normalize("NFC", text)).strip()


def event_date(moment: str | date | datetime) -> str:
    """Write a moment as VTEX keeps an event's: `yyyy-mm-dd` or `yyyy-mm-dd hh:mm:ss`, with an offset only if it has one.

    A text must be ISO 8601. Raises ValueError for anything else.
    """
    if isinstance(moment, str):
        moment = _day_or_time(moment)
    return moment.isoformat(" ") if isinstance(moment, datetime) else moment.isoformat()


def _day_or_time(text: str) -> date | datetime:
    """A day stays a day, in whichever of ISO's forms: midnight would be another event."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)


def delivered_date(moment: str | date | datetime) -> str:
    """Write a moment as VTEX documents `deliveredDate`: `yyyy-mm-dd hh:mm`, with an offset only if it has one.

    A day without a time is that day at 00:00, for the documented form has no other way to say it. Raises ValueError.
    """
    text = event_date(moment)
    if len(text) == len("yyyy-mm-dd"):
        return f"{text} 00:00"
    return datetime.fromisoformat(text).isoformat(sep=" ", timespec="minutes")


def _optional_event_date(moment: str | date | datetime | None) -> str | None:
    return None if moment is None else event_date(moment)


def _optional_delivered_date(moment: str | date | datetime | None) -> str | None:
    return None if moment is None else delivered_date(moment)


def _optional_text(text: str | None) -> str | None:
    return None if text is None else clean_text(text)


def _check_id(name: str, value: str) -> None:
    if _ID.fullmatch(value) is None:
        raise ValueError(
            f"{name} {value[:80]!r} is not an id: expected 1 to {ID_CHARACTERS_MAX} letters, digits, "
            "'-', '_' or '.', a letter or digit at both ends"
        )


def _check_claim(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{name} {str(value)[:80]!r} is neither True nor False")  # noqa: TRY004 - as promised


def _check_text(name: str, value: str, characters_max: int) -> None:
    if len(value) > characters_max:
        raise ValueError(f"{name} has {len(value)} characters; at most {characters_max} are allowed")
    if not value.isascii():
        _check_unicode(name, value)


def _check_unicode(name: str, value: str) -> None:
    if not is_unicode(value):
        raise ValueError(f"{name} holds half of a surrogate pair, which is no character")


def _check_volume(value: str) -> None:
    if len(value) > VOLUME_CHARACTERS_MAX or not value.isprintable():
        raise ValueError(f"volume {value[:80]!r} is not at most {VOLUME_CHARACTERS_MAX} printable characters")


def _check_volumes(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= VOLUMES_MAX:
        raise ValueError(f"volumes {str(value)[:80]!r} is not a whole number from 1 to {VOLUMES_MAX}")


@frozen(order=True, slots=False)
class InvoiceKey:
    """One invoice of one order, as exact text; the account is the ledger's."""

    order_id: str
    invoice_number: str


class Event(NamedTuple):
    """One entry of VTEX's `events` list; two with the same four values are the same event. Sorts as the body does."""

    date: str
    description: str
    city: str = ""
    state: str = ""


@frozen(kw_only=True)
class TrackingEvent:
    """What one record of a feed says of one invoice: an event, or that it is delivered, or both.

    `date` and `delivered_date` take ISO 8601 text, a date or a datetime, and keep VTEX's form of it. `date` and
    `description` come together or not at all. `place` is where the record stands, such as `feed.csv:17`.

    `volume` names the parcel of the invoice that the record speaks of, and "delivered" is then said of that parcel alone;
    empty, the record speaks of the whole invoice. `volumes` is how many parcels the invoice has, 1 to 10,000. `is_returned`
    says that it goes back to the sender, which VTEX is never told.

    Raises ValueError for an id, a date or a text that must not be sent, and for a record that says nothing.
    """

    order_id: str
    invoice_number: str
    date: str | None = field(default=None, converter=_optional_event_date)
    description: str | None = field(default=None, converter=_optional_text)
    city: str = field(default="", converter=clean_text)
    state: str = field(default="", converter=clean_text)
    is_delivered: bool = False
    delivered_date: str | None = field(default=None, converter=_optional_delivered_date)
    place: str = ""
    volume: str = field(default="", converter=_volume)
    volumes: int | None = None
    is_returned: bool = False

    def __attrs_post_init__(self) -> None:
        # One method rather than a validator for each field: most of a feed's time was spent on calling those.
        _check_id("order_id", self.order_id)
        _check_id("invoice_number", self.invoice_number)
        if self.description is not None:
            _check_text("description", self.description, DESCRIPTION_CHARACTERS_MAX)
        _check_text("city", self.city, TEXT_CHARACTERS_MAX)
        _check_text("state", self.state, TEXT_CHARACTERS_MAX)
        _check_claim("is_delivered", self.is_delivered)
        if not self.place.isascii():
            _check_unicode("place", self.place)
        _check_volume(self.volume)
        if self.volumes is not None:
            _check_volumes(self.volumes)
        _check_claim("is_returned", self.is_returned)
        if (self.date is None) != (not self.description):
            raise ValueError("an event needs both a date and a description")
        if self.date is None and not self.is_delivered:
            raise ValueError("a record without an event must say that the invoice is delivered")
        if self.is_delivered and self.date is None and self.delivered_date is None:
            raise ValueError("a delivered invoice needs a delivered date, or an event's date to take it from")
        if self.delivered_date is not None and not self.is_delivered:
            raise ValueError("a delivered date on an invoice that is not delivered")

    @property
    def key(self) -> InvoiceKey:
        """The invoice that this event belongs to."""
        return InvoiceKey(self.order_id, self.invoice_number)


@frozen(kw_only=True)
class Defect:
    """A record that could not be read: where, in which column, a code to sort by, and what to do about it.

    A tabular record keeps its `columns` and `cells`, so that it can be mended and fed back; any other its `text`.
    """

    place: str
    column: str = ""
    code: str
    problem: str
    columns: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    text: str = ""

    def __str__(self) -> str:
        column = f' column "{self.column}":' if self.column else ""
        return f"{self.place}:{column} {self.problem}"


@frozen(kw_only=True)
class FeedInfo:
    """What was read from one feed, and how it was understood. Sizes are of the bytes as they lay there, before gunzip."""

    name: str
    format: str
    encoding: str
    delimiter: str = ""
    size_bytes: int
    sha256: str
    records: int
    fallback_lines: int = 0  # lines that were not UTF-8 and were read as cp1252
    stripped_characters: int = 0  # control characters taken out of texts
    blank_lines: int = 0
    unused_columns: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    warning_codes: tuple[str, ...] = ()  # one for each of the warnings; none in runs of before there were codes
