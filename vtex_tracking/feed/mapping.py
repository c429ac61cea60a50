"""A user's own mapping of a feed: a TOML file that says what its columns, codes, dates and numbers mean."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve

from vtex_tracking.errors import SettingsError
from vtex_tracking.feed.columns import Field, normal_name
from vtex_tracking.feed.defects import plain, show
from vtex_tracking.model import ID_CHARACTERS_MAX
from vtex_tracking.settings import Code, FeedMapping, FeedSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FEED: Final = {"format": "format", "encoding": "encoding", "delimiter": "delimiter", "sheet": "sheet"}
_TABLE_OF_CODES: Final = {"codes": "code_table"}
_DATES: Final = {"zone": "timezone", "to_zone": "to_timezone"}
_CODE: Final = {"delivered": "is_delivered", "returned": "is_returned", "skip": "is_skipped"}
_TABLES: Final = ("feed", "columns", "constants", "templates", "codes", "skip", "dates", "invoice_number")


def read_mapping(text: str, *, name: str, settings: FeedSettings | None = None) -> FeedSettings:
    """The settings with which a mapping file has its feed read; `settings` are those it adds to.

    Raises SettingsError with all faults at once.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        raise SettingsError(f"{plain(name)} is not TOML: {error}") from None
    reader = _Reader(document)
    found = reader.settings(settings or FeedSettings())
    faults = [*reader.faults, *check_mapping(found.mapping)]
    if faults:
        raise SettingsError(f"{plain(name)}: {'; '.join(faults)}")
    return found


def check_mapping(mapping: FeedMapping) -> list[str]:
    """Every fault of a mapping, in words: an unknown field, one that is given twice, one header for two fields."""
    faults: list[str] = []
    taken: dict[str, str] = {}
    for field, header in mapping.columns.items():
        if header:
            other = taken.setdefault(normal_name(header) or header, field)
            if other != field:
                faults.append(f"{show(header)} is mapped to both {plain(other)} and {plain(field)}")
    given: dict[str, str] = {}
    for table in ("columns", "constants", "templates"):
        for field in getattr(mapping, table):
            if field not in set(Field):
                faults.append(f"{show(field)} is no field; expected one of {', '.join(Field)}")
            other = given.setdefault(field, table)
            if other != table:
                faults.append(f"{plain(field)} is given both in [{other}] and in [{table}]")
    digits = mapping.invoice_digits
    if digits is not None and not 0 <= digits <= ID_CHARACTERS_MAX:
        faults.append(f"[invoice_number] digits is {digits}; expected 0 to {ID_CHARACTERS_MAX}")
    return faults


class _Reader:
    """Takes a document apart; what is not as expected is a fault, and the rest is read all the same."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self.faults: list[str] = [
            f"{show(key)} is not known; expected {', '.join(f'[{table}]' for table in _TABLES)}"
            for key in document
            if key not in _TABLES
        ]

    def settings(self, settings: FeedSettings) -> FeedSettings:
        """Everything that the document says, over what was said before."""
        before = settings.mapping
        mapping = FeedMapping(
            columns={**before.columns, **self._texts("columns")},
            constants={**before.constants, **self._texts("constants")},
            templates={**before.templates, **self._texts("templates")},
            codes={**before.codes, **dict(self._codes())},
            code_table=self._known("feed", _TABLE_OF_CODES, others=tuple(_FEED)).get("code_table", before.code_table),
            skips={**before.skips, **dict(self._skips())},
            invoice_digits=self._digits(before.invoice_digits),
        )
        found = {
            **self._known("feed", _FEED, others=tuple(_TABLE_OF_CODES)),
            **self._known("dates", _DATES, others=("formats",)),
        }
        formats = self._table("dates").get("formats")
        if formats is not None:
            found["date_formats"] = self._list(formats, "[dates] formats")
        return evolve(settings, mapping=mapping, **found)

    def _table(self, name: str) -> dict[str, Any]:
        table = self._document.get(name, {})
        if isinstance(table, dict):
            return table
        fault = f"{name} is no table; expected [{name}] and lines below it"
        if fault not in self.faults:
            self.faults.append(fault)
        return {}

    def _texts(self, name: str) -> dict[str, str]:
        return {
            key: text for key, value in self._table(name).items() if (text := self._text(value, name, key)) is not None
        }

    def _text(self, value: object, table: str, key: str) -> str | None:
        if isinstance(value, str):
            return value
        self.faults.append(f"[{table}] {plain(key)} is no text; write it in quotes")
        return None

    def _known(self, table: str, names: Mapping[str, str], *, others: tuple[str, ...] = ()) -> dict[str, Any]:
        """The texts of a table under our names; `others` are keys of it that are read elsewhere."""
        known = (*names, *others)
        for key in self._table(table):
            fault = f"[{table}] {plain(key)} is not known; expected {', '.join(sorted(known))}"
            if key not in known and fault not in self.faults:
                self.faults.append(fault)
        return {
            names[key]: text
            for key, value in self._table(table).items()
            if key in names and (text := self._text(value, table, key)) is not None
        }

    def _list(self, value: object, name: str) -> tuple[str, ...]:
        values = [value] if isinstance(value, str) else value
        if isinstance(values, list) and all(isinstance(one, str) for one in values):
            return tuple(values)
        self.faults.append(f"{name} is no list of texts; write it as [{show('…')}, {show('…')}]")
        return ()

    def _skips(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for header, values in self._table("skip").items():
            yield header, self._list(values, f"[skip] {plain(header)}")

    def _codes(self) -> Iterator[tuple[str, Code]]:
        for code, meaning in self._table("codes").items():
            match meaning:
                case str():
                    yield code, Code(text=meaning)
                case dict():
                    yield code, self._code(code, meaning)
                case _:
                    self.faults.append(
                        f"[codes] {plain(code)} is neither a text nor a table such as {{ delivered = true }}"
                    )

    def _code(self, code: str, meaning: dict[str, Any]) -> Code:
        """A table of flags, and a text that may be left out."""
        text = meaning.get("text", "")
        flags = {key: value for key, value in meaning.items() if key != "text"}
        wrong = [key for key, value in flags.items() if key not in _CODE or not isinstance(value, bool)]
        wrong += ["text"] if not isinstance(text, str) else []
        self.faults += [
            f"[codes] {plain(code)}: {plain(key)} is not as expected: text in quotes; delivered, returned or skip = true"
            for key in wrong
        ]
        return Code() if wrong else Code(text=text, **{_CODE[key]: value for key, value in flags.items()})

    def _digits(self, before: int | None) -> int | None:
        table = self._table("invoice_number")
        digits = table.get("digits", before)
        if table.keys() - {"digits"} or isinstance(digits, bool) or not isinstance(digits, int | None):
            self.faults.append(f"[invoice_number] takes only digits = 0 to {ID_CHARACTERS_MAX}")
            return before
        return digits
