"""What `columns` does: how a feed is understood, as text, as JSON, or as a mapping file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from vtex_tracking.cli.assemble import feed_settings_from
from vtex_tracking.cli.logs import configure
from vtex_tracking.cli.terminal import amount, line_width, say, section
from vtex_tracking.errors import SettingsError
from vtex_tracking.feed.mapping_file import mapping_file
from vtex_tracking.feed.survey import Survey
from vtex_tracking.report.shown import shown, shown_json
from vtex_tracking.summing import notices_of
from vtex_tracking.surveying import survey_feed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vtex_tracking.settings import FeedSettings

EXIT_DONE: Final = 0
EXIT_PERSON: Final = 3
_NAME_WIDTH_MAX: Final = 40
_DATES_SHOWN_MAX: Final = 5


def columns(feed: str, *, options: Mapping[str, Any], path: str | None, is_json: bool) -> int:
    """A feed that leaves something in doubt ends with 3, as it would end a push."""
    configure(level=options["log_level"], form=options["log_format"])
    settings = feed_settings_from(options)
    surveys = survey_feed(feed, settings=settings)
    if path is not None:
        _write(path, surveys, settings=settings)
    width = line_width()
    lines = (line for survey in surveys for line in lines_of(survey, width=width))
    say(shown_json(_json(surveys)) if is_json else "\n".join(lines))
    return EXIT_PERSON if any(survey.first_defects for survey in surveys) else EXIT_DONE


def _write(path: str, surveys: tuple[Survey, ...], *, settings: FeedSettings) -> None:
    """A file that is there is never written over: somebody may have edited it."""
    if len(surveys) != 1:
        raise SettingsError(f"--write: the feed holds {len(surveys)} members; unpack it, and name one of them")
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write(mapping_file(surveys[0], settings=settings))
    except FileExistsError:
        raise SettingsError(f"{path} is there already; name another file, or remove it") from None
    except OSError as error:
        raise SettingsError(f"{path}: the mapping cannot be written: {error.strerror}") from None


def _json(surveys: tuple[Survey, ...]) -> str:
    return json.dumps([attrs.asdict(survey) for survey in surveys], ensure_ascii=False, indent=2)


def lines_of(survey: Survey, *, width: int | None = None) -> Iterator[str]:
    """Form, dates, fields with the columns they are read from, what is unused, and what is wrong.

    With a width, samples end where they no longer fit in a line.
    """
    info = survey.info
    delimiter = f", delimiter {info.delimiter!r}" if info.delimiter else ""
    much = f"{amount(info.records)} records" if survey.is_whole else f"its first {amount(info.records)} records"
    yield f"{shown(info.name)}: {info.format}, {info.encoding or 'no text'}{delimiter}; {much} read"
    if survey.dates:
        more = ", …" if len(survey.dates) > _DATES_SHOWN_MAX else ""
        yield f"dates look like {', '.join(survey.dates[:_DATES_SHOWN_MAX])}{more} (9 is a digit)"
    if survey.codes:
        yield f"event codes: {', '.join(survey.codes)}"
    name_width = min(_NAME_WIDTH_MAX, max((len(column.name) for column in survey.columns), default=0))
    read: list[str] = []
    unread: list[str] = []
    for column in survey.columns:
        line = f"{column.field:<16} {shown(column.name):<{name_width}}  {' · '.join(map(shown, column.samples))}"
        (read if column.field else unread).append(_cut(line.rstrip(), width=width))
    yield from section("Fields", read)
    yield from section("Nothing is read from", unread)
    yield from section("The first defects", (shown(str(defect)) for defect in survey.first_defects))
    notices = notices_of([attrs.evolve(info, unused_columns=())])  # they are listed above
    yield from section("To know", (shown(notice.message) for notice in notices))


def _cut(line: str, *, width: int | None) -> str:
    """A line of a section, which is indented by two, ends at the edge of the screen."""
    return line if width is None or len(line) + 2 <= width else f"{line[: width - 3]}…"
