"""How a feed is understood, written as a mapping file to be edited."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vtex_tracking.feed.columns import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vtex_tracking.feed.survey import Survey
    from vtex_tracking.settings import FeedSettings


def mapping_file(survey: Survey, *, settings: FeedSettings) -> str:
    """A TOML text that has the feed read just as it was; what it might also say stands in comments."""
    return "\n".join(_lines(survey, settings)) + "\n"


def _lines(survey: Survey, settings: FeedSettings) -> Iterator[str]:
    info, mapping = survey.info, settings.mapping
    yield f"# How {info.name} is read. Edit what is wrong, and give this file with --map."
    yield from ("", "[feed]", f"format = {_quoted(info.format)}")
    if info.format == "csv":
        yield f"encoding = {_quoted(settings.encoding)}"
        yield f"delimiter = {_quoted(info.delimiter)}"
    if mapping.code_table is not None:
        yield f"codes = {_quoted(mapping.code_table)}"
    if settings.sheet is not None:
        yield f"sheet = {_quoted(settings.sheet)}"
    yield from ("", '[columns]  # field = the header of its column; "" for in none')
    found = {column.field: column for column in survey.columns if column.field}
    for field in Field:
        column = found.get(field)
        if field in mapping.constants or field in mapping.templates:
            continue
        if column is None:
            yield f'# {field} = ""'
        else:
            # Objects may name a field differently in every line: all known names are found, one that is mapped is alone.
            mark = "" if survey.is_table or field in mapping.columns else "# "
            yield f"{mark}{field} = {_quoted(column.name)}{_samples(column.samples)}"
    unused = [column for column in survey.columns if not column.field]
    if unused:
        yield "# nothing is read from:"
        yield from (f"#   {_quoted(column.name)}{_samples(column.samples)}" for column in unused)
    yield from _table("constants", "field = its value in every record", mapping.constants.items())
    yield from _table("templates", 'field = "{a header} and {another}"', mapping.templates.items())
    yield from _codes(survey, settings)
    yield from ("", "[dates]")
    yield from (f"# seen: {form}" for form in survey.dates)
    if settings.date_formats:
        yield f"formats = [{', '.join(map(_quoted, settings.date_formats))}]"
    else:
        yield '# formats = ["%d/%m/%Y %H:%M"]'
    for key, zone in (("zone", settings.timezone), ("to_zone", settings.to_timezone)):
        yield f'# {key} = "America/Sao_Paulo"' if zone is None else f"{key} = {_quoted(zone)}"
    yield from _table("skip", "header = [values of records that are left out]", ())
    yield from (f"{_quoted(header)} = [{', '.join(map(_quoted, values))}]" for header, values in mapping.skips.items())
    yield from ("", "[invoice_number]")
    digits = mapping.invoice_digits
    yield "# digits = 9  # zeros before it, up to so many; 0 for none" if digits is None else f"digits = {digits}"


def _codes(survey: Survey, settings: FeedSettings) -> Iterator[str]:
    yield from ("", '[codes]  # event code = { text = "…", delivered = true, returned = true, skip = true }')
    codes = settings.mapping.codes
    for name, code in codes.items():
        flags = {"delivered": code.is_delivered, "returned": code.is_returned, "skip": code.is_skipped}
        said = [f"text = {_quoted(code.text)}"] if code.text else []
        said += [f"{flag} = true" for flag, is_set in flags.items() if is_set]
        yield f"{_quoted(name)} = {{ {', '.join(said)} }}"
    yield from (f"# {_quoted(name)} = {{ delivered = true }}" for name in survey.codes if name not in codes)


def _table(name: str, remark: str, values: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from ("", f"[{name}]  # {remark}")
    yield from (f"{_quoted(key)} = {_quoted(value)}" for key, value in values)


def _samples(samples: tuple[str, ...]) -> str:
    return f"  # {', '.join(samples)}" if samples else ""


def _quoted(text: str) -> str:
    """A text in quotes as TOML has it, which knows all of JSON's escapes but those of half characters."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
