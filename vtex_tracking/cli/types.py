"""How the text of an option is read; `settings` does the reading, and is imported when there is something to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from vtex_tracking.errors import SettingsError

if TYPE_CHECKING:
    from vtex_tracking.settings import Rate

COUNT_DIGITS_MAX: Final = 9
READABLE: Final = click.Path(exists=True, dir_okay=False, readable=True)


def duration(text: str) -> float:
    """Read a duration as seconds."""
    from vtex_tracking.settings import parse_duration_s  # noqa: PLC0415 - --help stays quick

    try:
        return parse_duration_s(text)
    except SettingsError as error:
        raise click.BadParameter(str(error)) from None


def rate(text: str) -> Rate:
    """Read so many in a second, a minute or an hour."""
    from vtex_tracking.settings import Rate  # noqa: PLC0415 - --help stays quick

    try:
        return Rate.parse(text)
    except SettingsError as error:
        raise click.BadParameter(str(error)) from None


def count(text: str) -> int:
    """Read a whole number, from 1 on."""
    if not (text.isascii() and text.isdigit() and len(text) <= COUNT_DIGITS_MAX and int(text) > 0):
        raise click.BadParameter(f"{text!r} is not a whole number of at least 1")
    return int(text)


def date_formats(text: str) -> tuple[str, ...]:
    """Read strptime formats with `;` between them; each names a day, a month and a year."""
    formats = tuple(one.strip() for one in text.split(";"))
    for one in formats:
        if not ("%d" in one and ("%m" in one or "%b" in one or "%B" in one) and ("%Y" in one or "%y" in one)):
            raise click.BadParameter(f"{one!r} is not a date format; expected one such as %d/%m/%Y or %Y%m%d %H:%M")
    return formats
