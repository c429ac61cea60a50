"""The files of a report, written beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict, frozen

from vtex_tracking.errors import ReportError
from vtex_tracking.report.defects_csv import write_defects_csv
from vtex_tracking.report.defects_jsonl import write_defects_jsonl
from vtex_tracking.report.folder import Drafts, make_folder
from vtex_tracking.report.results import write_results
from vtex_tracking.report.summary_json import write_summary_json
from vtex_tracking.report.warnings_csv import write_warnings_csv
from vtex_tracking.report.warnings_jsonl import write_warnings_jsonl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from vtex_tracking.model import Defect, FeedWarning, Outcome, Summary
    from vtex_tracking.report.results import EarlyResults


@frozen(kw_only=True)
class ReportFiles:
    """Where the files of one report lie. A name differs from the usual one where that file could not be replaced."""

    directory: Path
    results_jsonl: Path
    results_csv: Path
    defects_csv: Path
    defects_jsonl: Path
    warnings_csv: Path
    warnings_jsonl: Path
    summary_json: Path

    @property
    def renamed(self) -> tuple[Path, ...]:
        """The files that are not under their usual name."""
        paths = [value for value in asdict(self).values() if value != self.directory]
        return tuple(path for path in paths if len(path.suffixes) > 1)


def write_report(
    directory: Path,
    *,
    summary: Summary,
    outcomes: Callable[[], Iterable[Outcome]],
    defects: Callable[[], Iterable[Defect]],
    warnings: Callable[[], Iterable[FeedWarning]],
    early: EarlyResults | None = None,
) -> ReportFiles:
    """All files are drafted before the first one takes its name; `summary.json` comes last and says that all are there.

    `outcomes` come behind those that are in `early` already. `outcomes`, `defects` and `warnings` are called anew for each pass over them, and no pass is kept in memory.

    Raises ReportError, and leaves no draft behind.
    """
    try:
        make_folder(directory)
        with Drafts(directory) as drafts:
            write_results(outcomes(), jsonl=drafts.new("results.jsonl"), table=drafts.new("results.csv"), early=early)
            write_defects_csv(defects, to=drafts.new("defects.csv"))
            write_defects_jsonl(defects(), to=drafts.new("defects.jsonl"))
            write_warnings_csv(warnings(), to=drafts.new("warnings.csv"))
            write_warnings_jsonl(warnings(), to=drafts.new("warnings.jsonl"))
            write_summary_json(summary, to=drafts.new("summary.json"))
            return ReportFiles(
                directory=directory,
                results_jsonl=drafts.publish("results.jsonl"),
                results_csv=drafts.publish("results.csv"),
                defects_csv=drafts.publish("defects.csv"),
                defects_jsonl=drafts.publish("defects.jsonl"),
                warnings_csv=drafts.publish("warnings.csv"),
                warnings_jsonl=drafts.publish("warnings.jsonl"),
                summary_json=drafts.publish("summary.json"),
            )
    except OSError as error:
        raise ReportError(
            f"{directory}: the report cannot be written: {error.strerror or error}; the ledger is intact: free disk "
            f"space or make the folder writable, then run 'vtex-tracking report {summary.run_id}'"
        ) from error
