"""How a feed is understood, looked at without sending or remembering anything."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from vtex_tracking.feed import InvoiceReader
from vtex_tracking.feed.survey import Survey, survey
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.reading import take_in_map
from vtex_tracking.settings import FeedSettings


def survey_feed(name: str | Path, *, settings: FeedSettings | None = None) -> tuple[Survey, ...]:
    """Read the beginning of a feed, and all of the map of invoices if `settings` name one, to see what is understood.

    One survey for each member of an archive. Raises SettingsError and FeedError as a push would, but for columns that
    are missing: those are warnings here.
    """
    settings, now = settings or FeedSettings(), datetime.now(UTC)
    if settings.invoices is None:
        return survey(str(name), settings=settings, now=now)
    with LedgerFile(None) as nowhere:
        invoices = take_in_map(nowhere, InvoiceReader(settings.invoices, settings=settings))
        return survey(str(name), settings=settings, now=now, invoices=invoices)
