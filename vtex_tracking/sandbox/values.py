"""Strict reading of the single values of a fault rule: each function takes what TOML gives, and raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar

from vtex_tracking.errors import SettingsError
from vtex_tracking.settings import parse_duration_s

_T = TypeVar("_T")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e]*", re.ASCII)


def flag(value: object) -> bool:
    """True or false, and no number."""
    match value:
        case bool():
            return value
        case _:
            raise ValueError(f"{value!r} is not true or false")


def text(value: object) -> str:
    """Any text, even an empty one."""
    match value:
        case str():
            return value
        case _:
            raise ValueError(f"{value!r} is not a text")


def method(value: object) -> str:
    """One of the two methods that the sandbox answers."""
    match value:
        case "GET" | "PUT":
            return str(value)
        case _:
            raise ValueError(f'{value!r} is not "PUT" or "GET"')


def whole(value: object) -> int:
    """A whole number, and neither true nor false."""
    match value:
        case int() if not isinstance(value, bool):
            return value
        case _:
            raise ValueError(f"{value!r} is not a whole number")


def count(value: object) -> int:
    """A whole number from 1 on."""
    if whole(value) < 1:
        raise ValueError(f"{value!r} is not above 0")
    return whole(value)


def share(value: object) -> float:
    """More than nothing, at most everything."""
    match value:
        case float() | int() if not isinstance(value, bool) and 0 < value <= 1:
            return float(value)
        case _:
            raise ValueError(f"{value!r} is not a share: expected more than 0.0, at most 1.0")


def status(value: object) -> int:
    """A status that ends an exchange."""
    if not 200 <= whole(value) <= 599:  # noqa: PLR2004 - HTTP's own numbers: 1xx is no answer, above 599 is nothing
        raise ValueError(f"{value!r} is not a status between 200 and 599")
    return whole(value)


def moment(value: object) -> str:
    """Before or after the update takes effect."""
    match value:
        case "before" | "after":
            return str(value)
        case _:
            raise ValueError(f'{value!r} is not "before" or "after" the update takes effect')


def duration_s(value: object) -> float:
    """A duration with its unit, in seconds."""
    try:
        return parse_duration_s(text(value))
    except SettingsError as error:
        raise ValueError(str(error)) from None


def pause_s(value: object) -> float:
    """A number of seconds, from 0 on."""
    match value:
        case float() | int() if not isinstance(value, bool) and 0 <= value < float("inf"):
            return float(value)
        case _:
            raise ValueError(f"{value!r} is not a number of seconds")


def several(read: Callable[[object], _T]) -> Callable[[object], tuple[_T, ...]]:
    """A list is right when it has items, and each of them is."""

    def read_all(value: object) -> tuple[_T, ...]:
        match value:
            case [_, *_]:
                return tuple(read(item) for item in value)
            case _:
                raise ValueError(f"{value!r} is not a list with at least one value")

    return read_all


def headers(value: object) -> dict[str, tuple[str, ...]]:
    """A header has a text, or a list of texts when it comes more than once."""
    match value:
        case dict():
            return {_header_name(name): _header_values(content) for name, content in value.items()}
        case _:
            raise ValueError(f"{value!r} is not a table of headers")


def _header_name(name: object) -> str:
    if _HEADER_NAME.fullmatch(text(name)) is None:
        raise ValueError(f"{name!r} is not the name of a header")
    return text(name)


def _header_values(content: object) -> tuple[str, ...]:
    values = (content,) if isinstance(content, str) else several(text)(content)
    for value in values:
        if _HEADER_VALUE.fullmatch(value) is None:
            raise ValueError(f"{value!r} has a character that no header may hold")
    return values
