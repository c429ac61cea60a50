"""Settings that feeds are read with are checked before any feed is opened."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from vtex_tracking.errors import SettingsError
from vtex_tracking.feed.defects import show
from vtex_tracking.feed.formats.csv import DELIMITERS
from vtex_tracking.feed.formats.registry import FORMATS
from vtex_tracking.feed.lines import check_encoding
from vtex_tracking.feed.mapping import check_mapping

if TYPE_CHECKING:
    from vtex_tracking.settings import FeedSettings

_WITH_CODES: Final = tuple(name for name, known in FORMATS.items() if known.codes)
_SAMPLE_DATE: Final = datetime(2026, 11, 23)  # noqa: DTZ001 - only to try a format on; day, month and year all differ


def check_settings(settings: FeedSettings) -> None:
    """Settings can be used for any feed. Raises SettingsError."""
    if settings.format not in ("auto", *FORMATS):
        raise SettingsError(f"{show(settings.format)} is not a format; expected auto, {', '.join(FORMATS)}")
    table = settings.mapping.code_table
    if table is not None and table not in _WITH_CODES:
        raise SettingsError(f"{show(table)} has no table of codes; expected {', '.join(_WITH_CODES)}")
    if settings.delimiter not in ("auto", *DELIMITERS):
        raise SettingsError(f"{show(settings.delimiter)} is not a delimiter; expected auto, a comma, ; tab or |")
    check_encoding(settings.encoding)
    for form in settings.date_formats:
        _check_date_format(form, settings)
    for zone in (settings.timezone, settings.to_timezone):
        if zone is not None:
            _check_time_zone(zone, settings)
    if faults := check_mapping(settings.mapping):
        raise SettingsError(f"mapping: {'; '.join(faults)}")


def _check_time_zone(name: str, settings: FeedSettings) -> None:
    try:
        # Far too long a name goes through Python's own search for modules, name by name.
        is_known = len(name) <= settings.option_characters_max and ZoneInfo(name) is not None
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        is_known = False
    if not is_known:
        raise SettingsError(f"{show(name)} is not a time zone; expected such as America/Sao_Paulo")


def _check_date_format(form: str, settings: FeedSettings) -> None:
    # Without a year Python would guess one, and %c, %x and %X mean something else on each machine.
    is_short = len(form) <= settings.option_characters_max
    is_whole = is_short and ("%Y" in form or "%y" in form) and "%X" not in form
    try:
        tried = datetime.strptime(_SAMPLE_DATE.strftime(form), form) if is_whole else None  # noqa: DTZ007 - only a try
    except (ValueError, re.error):  # strptime makes a pattern of it, which has no place for a directive given twice
        tried = None
    if tried is None or tried.date() != _SAMPLE_DATE.date():
        raise SettingsError(f"{show(form)} is not a date format; expected day, month and year, such as %d/%m/%Y %H:%M")
