"""The body of a tracking PUT, held against VTEX's schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NoReturn

from attrs import frozen

DESCRIPTION_CHARACTERS_MAX: Final = 5000

# VTEX documents both forms without an offset; its parser takes one, and a feed may have one.
_OFFSET: Final = r"(?:Z|[+-]\d\d:\d\d)?"
_DELIVERED_DATE: Final = re.compile(rf"\d{{4}}-\d\d-\d\d \d\d:\d\d{_OFFSET}", re.ASCII)
_EVENT_DATE: Final = re.compile(rf"\d{{4}}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{{1,7}})?)?{_OFFSET})?", re.ASCII)


@frozen(kw_only=True)
class CourierEvent:
    """One entry of an update's `events`, as it was sent."""

    date: str
    city: str
    state: str
    description: str


@frozen(kw_only=True)
class Tracking:
    """What a valid body says."""

    is_delivered: bool
    delivered_date: str | None
    events: tuple[CourierEvent, ...]


@frozen
class Problem:
    """What breaks the schema, and in which field."""

    field: str
    message: str


@frozen
class BadBody:
    """Everything in a body that breaks the schema."""

    problems: tuple[Problem, ...]


def read_tracking(body: bytes) -> Tracking | BadBody:
    """A body is valid when all three fields, and all four of each event, are there and of the right kind."""
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return BadBody((Problem("$", "The body is not valid JSON."),))
    if not isinstance(document, dict):
        return BadBody((Problem("$", "The body must be a JSON object."),))
    problems = tuple(_problems(document))
    if problems:
        return BadBody(problems)
    return Tracking(
        is_delivered=document["isDelivered"],
        delivered_date=document["deliveredDate"],
        events=tuple(
            CourierEvent(date=event["date"], city=event["city"], state=event["state"], description=event["description"])
            for event in document["events"]
        ),
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _problems(document: dict[str, Any]) -> Iterator[Problem]:
    is_delivered = document.get("isDelivered")
    if not isinstance(is_delivered, bool):
        yield Problem("isDelivered", "Required: true or false.")
    match document.get("deliveredDate", ...):
        case None:
            if is_delivered is True:
                yield Problem("deliveredDate", "Required where isDelivered is true.")
        case str(text) if _is_date(text, form=_DELIVERED_DATE):
            pass
        case _:
            yield Problem("deliveredDate", "Required: a date as yyyy-mm-dd hh:mm, or null.")
    match document.get("events"):
        case list(events):
            for index, event in enumerate(events):
                yield from _event_problems(event, place=f"events[{index}]")
        case _:
            yield Problem("events", "Required: a list.")


def _event_problems(event: object, *, place: str) -> Iterator[Problem]:
    if not isinstance(event, dict):
        yield Problem(place, "An event must be a JSON object.")
        return
    for name in ("city", "state", "description", "date"):
        match event.get(name):
            case str(text) if name == "date" and not _is_date(text, form=_EVENT_DATE):
                yield Problem(f"{place}.date", "Not a date: yyyy-mm-dd, or yyyy-mm-dd hh:mm:ss.")
            case str(text) if name == "description" and len(text) > DESCRIPTION_CHARACTERS_MAX:
                yield Problem(f"{place}.description", f"At most {DESCRIPTION_CHARACTERS_MAX} characters.")
            case str():
                pass
            case _:
                yield Problem(f"{place}.{name}", "Required: a text.")


def _is_date(text: str, *, form: re.Pattern[str]) -> bool:
    """A date has the form, and is in the calendar."""
    if form.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
