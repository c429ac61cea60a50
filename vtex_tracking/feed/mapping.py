"""A user's own mapping of columns: which header holds which field."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

from vtex_tracking.errors import SettingsError
from vtex_tracking.feed.columns import Field, normal_name
from vtex_tracking.feed.defects import plain, show

if TYPE_CHECKING:
    from collections.abc import Mapping

_TABLE: Final = "columns"


def read_mapping(text: str, *, name: str) -> dict[str, str]:
    """A mapping file is TOML with one table, `[columns]`: our field = "the header of its column".

    An empty header says that the feed has no such column. Raises SettingsError with all faults at once.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        raise SettingsError(f"{plain(name)} is not TOML: {error}") from None
    table = document.pop(_TABLE, {})
    if not isinstance(table, dict):
        raise SettingsError(
            f'{plain(name)}: {_TABLE} is no table; expected [{_TABLE}] and lines such as order_id = "Pedido"'
        )
    faults = [f"{show(key)} is not known; expected only [{_TABLE}]" for key in document]
    faults += check_mapping(table)
    if faults:
        raise SettingsError(f"{plain(name)}: {'; '.join(faults)}")
    return table


def check_mapping(table: Mapping[str, object]) -> list[str]:
    """Every fault of a mapping, in words: an unknown field, a header that is no text, one header for two fields."""
    faults: list[str] = []
    taken: dict[str, str] = {}
    for field, header in table.items():
        if field not in set(Field):
            faults.append(f"{show(field)} is no field; expected one of {', '.join(Field)}")
        if not isinstance(header, str):
            faults.append(f"the header for {show(field)} is no text; write it in quotes")
        elif header:
            other = taken.setdefault(normal_name(header) or header, field)
            if other != field:
                faults.append(f"{show(header)} is mapped to both {plain(other)} and {plain(field)}")
    return faults
