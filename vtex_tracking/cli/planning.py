"""What `plan` does: the counts of a run that is not made, as text or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from vtex_tracking.cli import loop
from vtex_tracking.cli.assemble import settings_from
from vtex_tracking.cli.logs import configure, log_lost_exceptions
from vtex_tracking.cli.terminal import amount, lasting, say, section
from vtex_tracking.model import Update
from vtex_tracking.pipeline import plan_feed
from vtex_tracking.planning import Plan
from vtex_tracking.report.shown import shown, shown_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vtex_tracking.model import FeedInfo
    from vtex_tracking.settings import Settings

BODY_CHARACTERS_MAX: Final = 2000


def plan(feeds: Sequence[str], *, options: Mapping[str, Any], is_json: bool) -> int:
    """A plan needs no credentials, opens no connection, and changes nothing in the ledger."""
    configure(level=options["log_level"], form=options["log_format"])
    settings = settings_from(options)
    made = loop.run(_plan(feeds, settings=settings))
    say(shown_json(json_of(made)) if is_json else "\n".join(lines_of(made, settings=settings)))
    return made.exit_code


async def _plan(feeds: Sequence[str], *, settings: Settings) -> Plan:
    log_lost_exceptions()
    return await plan_feed(feeds, settings=settings)


def json_of(plan: Plan) -> str:
    """Every field of the plan under its own name; a body as the text that it is."""
    return json.dumps(
        attrs.asdict(plan, value_serializer=lambda _instance, _attribute, value: _jsonable(value)),
        ensure_ascii=False,
        indent=2,
    )


def _jsonable(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


def lines_of(plan: Plan, *, settings: Settings) -> Iterator[str]:
    """What the feeds hold, what would be sent of it, how long that takes, and the first bodies to look at."""
    counts = plan.counts
    yield f"Plan for {settings.account}: nothing is sent, and nothing is remembered."
    yield ""
    yield from (_line_of_feed(feed) for feed in plan.feeds)
    yield ""
    yield _line("records", counts.records)
    yield _line("  events", counts.events)
    yield _line("  duplicates", counts.duplicates)
    yield _line("  defects", counts.defects, "cannot be read: listed below, and in the report of a push")
    yield _line("invoices", counts.invoices)
    yield _line("  new", plan.new)
    yield _line("  changed", plan.changed)
    yield _line("  unchanged", plan.unchanged, "already at VTEX: not sent")
    yield _line("  held", plan.held, "rejected before, and nothing changed: not sent without --retry-rejected")
    yield _line("  refused", plan.refused, "too much for one request: not sent")
    yield _line("resumed", plan.resumed, "left open by earlier runs: sent first")
    yield _line("requests", plan.requests, f"about {lasting(plan.duration_s)} at {settings.rate}")
    yield from section("The first bodies, as they would go out", _lines_of_updates(plan.first_updates))
    yield from section("The first defects", (shown(str(defect)) for defect in plan.first_defects))
    yield from section("Warnings", (f"{amount(count)} {code}" for code, count in plan.warnings.items()))
    yield from section("The first warnings", (shown(str(warning)) for warning in plan.first_warnings))
    yield from section("To know", (shown(notice.message) for notice in plan.notices))


def _line(title: str, number: int, remark: str = "") -> str:
    return f"{title:<14}{amount(number):>12}   {remark if number else ''}".rstrip()


def _line_of_feed(feed: FeedInfo) -> str:
    delimiter = f", delimiter {feed.delimiter!r}" if feed.delimiter else ""
    how = f"{feed.format}, {feed.encoding}{delimiter}"
    return f"{shown(feed.name)}: {how}, {amount(feed.records)} records, {amount(feed.size_bytes)} bytes"


def _lines_of_updates(updates: Sequence[Update]) -> Iterator[str]:
    for update in updates:
        yield f"order {update.key.order_id}, invoice {update.key.invoice_number}"
        body = update.body.decode()
        cut = f"… ({len(body)} characters)" if len(body) > BODY_CHARACTERS_MAX else ""
        yield f"  {shown_json(body[:BODY_CHARACTERS_MAX])}{cut}"
