"""Send carriers' tracking events to VTEX: nothing lost, nothing sent twice, and a report that adds up.

Names are imported when they are first asked for, so that `vtex-tracking --help` need not wait for an HTTP client.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from vtex_tracking.version import __version__

if TYPE_CHECKING:
    from vtex_tracking.credentials import Credentials, Secret
    from vtex_tracking.errors import (
        FeedError,
        InterruptedRunError,
        LedgerBusyError,
        LedgerError,
        LedgerVersionError,
        ReportError,
        SettingsError,
        TrackingError,
    )
    from vtex_tracking.feed.survey import ColumnFound, Survey
    from vtex_tracking.model import (
        Counts,
        Defect,
        FeedWarning,
        Outcome,
        OutcomeKind,
        Reason,
        Receipt,
        Summary,
        TrackingEvent,
    )
    from vtex_tracking.past import check_ledger, forget, past_runs, rewrite_report
    from vtex_tracking.pipeline import new_run_id, plan_feed, push_feed
    from vtex_tracking.planning import Plan
    from vtex_tracking.push.transport import Transport
    from vtex_tracking.push.wire import Answer, Failure, FailureKind, Request, read_answer
    from vtex_tracking.run import Run
    from vtex_tracking.settings import Code, Events, FeedMapping, FeedSettings, Rate, Settings
    from vtex_tracking.surveying import survey_feed

__all__ = [
    "Answer",
    "Code",
    "ColumnFound",
    "Counts",
    "Credentials",
    "Defect",
    "Events",
    "Failure",
    "FailureKind",
    "FeedError",
    "FeedMapping",
    "FeedSettings",
    "FeedWarning",
    "InterruptedRunError",
    "LedgerBusyError",
    "LedgerError",
    "LedgerVersionError",
    "Outcome",
    "OutcomeKind",
    "Plan",
    "Rate",
    "Reason",
    "Receipt",
    "ReportError",
    "Request",
    "Run",
    "Secret",
    "Settings",
    "SettingsError",
    "Summary",
    "Survey",
    "TrackingError",
    "TrackingEvent",
    "Transport",
    "__version__",
    "check_ledger",
    "forget",
    "new_run_id",
    "past_runs",
    "plan_feed",
    "push_feed",
    "read_answer",
    "rewrite_report",
    "survey_feed",
]

_HOMES = {
    "Answer": "push.wire",
    "Code": "settings",
    "ColumnFound": "feed.survey",
    "Counts": "model",
    "Credentials": "credentials",
    "Defect": "model",
    "Events": "settings",
    "Failure": "push.wire",
    "FailureKind": "push.wire",
    "FeedError": "errors",
    "FeedMapping": "settings",
    "FeedSettings": "settings",
    "FeedWarning": "model",
    "InterruptedRunError": "errors",
    "LedgerBusyError": "errors",
    "LedgerError": "errors",
    "LedgerVersionError": "errors",
    "Outcome": "model",
    "OutcomeKind": "model",
    "Plan": "planning",
    "Rate": "settings",
    "Reason": "model",
    "Receipt": "model",
    "ReportError": "errors",
    "Request": "push.wire",
    "Run": "run",
    "Secret": "credentials",
    "Settings": "settings",
    "SettingsError": "errors",
    "Summary": "model",
    "Survey": "feed.survey",
    "TrackingError": "errors",
    "TrackingEvent": "model",
    "Transport": "push.transport",
    "check_ledger": "past",
    "forget": "past",
    "new_run_id": "pipeline",
    "past_runs": "past",
    "plan_feed": "pipeline",
    "push_feed": "pipeline",
    "read_answer": "push.wire",
    "rewrite_report": "past",
    "survey_feed": "surveying",
}


def __getattr__(name: str) -> object:
    """Import a public name from where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, imported yet or not."""
    return __all__
