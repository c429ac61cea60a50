"""What each reason and each exit code means, and what to do about it: the one place where that is said."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from vtex_tracking.model import Reason, Summary

_RUN_AGAIN: Final = "Run the same command again: it sends only what is not settled."


@frozen
class Explanation:
    """What a reason means to someone who meets it for the first time, and what to do about it."""

    meaning: str
    advice: str


EXPLANATIONS: Final = {
    Reason.NONE: Explanation("VTEX confirmed the update with a receipt.", "Nothing to do."),
    Reason.ALREADY_SENT: Explanation("VTEX confirmed the same facts before; no request was needed.", "Nothing to do."),
    Reason.TOO_MANY_EVENTS: Explanation(
        "The invoice has more events than one update may carry.",
        "Check in the feed whether so many events belong to this one invoice.",
    ),
    Reason.TOO_MANY_VOLUMES: Explanation(
        "The invoice has more volumes than one invoice can be thought to have.",
        "Check in the feed whether its volumes are named by what stays the same from event to event.",
    ),
    Reason.BODY_TOO_LARGE: Explanation(
        "The update is larger than one request may be.", "Shorten the descriptions in the feed and push it again."
    ),
    Reason.NOT_FOUND: Explanation(
        "VTEX knows no such order, or no such invoice of it.",
        "Compare both numbers with the order in VTEX. A later run tries again after 24 hours, or at once with --retry-rejected.",
    ),
    Reason.BAD_REQUEST: Explanation(
        "VTEX refused the update as invalid.",
        "Compare the invoice's records in the feed with the order in VTEX, mend the feed and push it.",
    ),
    Reason.CONFLICT: Explanation(
        "VTEX reported a conflict each time: something else is changing this order.",
        "Run again with --retry-rejected when nothing else changes the order.",
    ),
    Reason.FORBIDDEN: Explanation(
        "VTEX took other updates with these credentials, but refused this one (403).",
        "Check that the order belongs to this account, then run again with --retry-rejected.",
    ),
    Reason.UNAUTHORIZED: Explanation(
        "VTEX took other updates with these credentials, but refused this one (401).",
        "Check that the order belongs to this account, then run again with --retry-rejected.",
    ),
    Reason.UNEXPECTED_STATUS: Explanation(
        "VTEX answered with a status that refuses the update and that this call is not known to give.",
        "Look at http_status, and give request_id to VTEX's support.",
    ),
    Reason.THROTTLED: Explanation(
        "VTEX said again and again that requests come too fast.",
        "Run the same command again with a lower --rate.",
    ),
    Reason.TOO_EARLY: Explanation("VTEX put the request off; nothing was applied.", _RUN_AGAIN),
    Reason.UNAVAILABLE: Explanation(
        "VTEX said that it is unavailable for now (503).", f"Wait some minutes. {_RUN_AGAIN}"
    ),
    Reason.SERVER_ERROR: Explanation(
        "VTEX failed while it answered; the update may have been applied or not.", _RUN_AGAIN
    ),
    Reason.SERVER_ERROR_PERSISTENT: Explanation(
        "VTEX answered this update with 500 each time, as it does for some bad invoice numbers for ever.",
        "Compare the invoice number with the order in VTEX; if it is right, run the same command again.",
    ),
    Reason.TIMEOUT: Explanation(
        "No answer came in time; if the request had left, the update may have been applied.",
        f"{_RUN_AGAIN} If it stays so, raise --timeout.",
    ),
    Reason.UNREACHABLE: Explanation(
        "No connection could be made; nothing was applied.", f"Check the network. {_RUN_AGAIN}"
    ),
    Reason.NAME_NOT_RESOLVED: Explanation(
        "The store's host name was not found; nothing was applied.",
        "Check --account, and the network's DNS, then run the same command again.",
    ),
    Reason.DISCONNECTED: Explanation(
        "The connection broke before an answer came; the update may have been applied or not.", _RUN_AGAIN
    ),
    Reason.UNEXPECTED_RESPONSE: Explanation(
        "The answer was no receipt, such as a page of HTML; the update may have been applied or not.",
        "Check that no proxy or login page stands before VTEX, then run the same command again.",
    ),
    Reason.INTERRUPTED: Explanation("The run was stopped while this update was under way.", _RUN_AGAIN),
    Reason.NOT_STARTED: Explanation("The run ended before this update's turn came.", _RUN_AGAIN),
    Reason.CREDENTIALS_REFUSED: Explanation(
        "VTEX refused the app key and token.",
        "Check VTEX_APP_KEY and VTEX_APP_TOKEN, and that the key's role may 'Notify invoice', then run the same command again.",
    ),
    Reason.WRONG_ACCOUNT: Explanation(
        "VTEX knew none of the first invoices.",
        "Check that --account is the store of these orders, then run the same command again.",
    ),
    Reason.REDIRECT: Explanation(
        "The store's address redirects elsewhere; credentials were not sent there.",
        "Check --account and --base-url, then run the same command again.",
    ),
    Reason.TLS: Explanation(
        "No secure connection could be made: TLS failed, or the certificate could not be verified.",
        "Check the machine's clock and --base-url; a private authority is trusted with --ca-file. Then run the same command again.",
    ),
    Reason.SETTINGS: Explanation(
        "The answer shows that the settings cannot be right.",
        "Check --account, --base-url and the network's proxy, then run the same command again.",
    ),
    Reason.LONG_THROTTLE: Explanation(
        "VTEX asked for a longer pause than a run waits.",
        "Run the same command again later, with a lower --rate.",
    ),
    Reason.OUTAGE: Explanation(
        "VTEX did not recover within --outage-limit.", "Run the same command again when VTEX answers again."
    ),
    Reason.MAX_DURATION: Explanation("The run had lasted for --max-duration.", _RUN_AGAIN),
    Reason.DEFECTS: Explanation(
        "Some records are defects, or columns unused, and --strict was set.",
        "Mend the feed (defects.csv lists its defects), or leave --strict out; then run the same command again.",
    ),
    Reason.WARNINGS: Explanation(
        "Something in the feeds is doubtful, and --strict was set.",
        "Look at warnings.csv, and mend the feed or leave --strict out; then run the same command again.",
    ),
}

EXIT_MEANINGS: Final = {
    0: "every invoice is sent or unchanged, and there is no defect",
    1: "unexpected: a bug of this program, or the accounts do not add up",
    2: "usage or settings are wrong; nothing more was sent",
    3: "done, but a person is needed: some records are defects or some invoices rejected",
    4: "done, but some invoices failed for now or are unknown",
    5: "a feed cannot be read; nothing was sent",
    6: "stopped early by time, an outage or long throttling",
    7: "the credentials were refused",
    8: "the ledger or the report cannot be written, or the ledger is damaged",
    9: "another run holds this ledger",
    130: "stopped by Ctrl-C (SIGINT), after what was under way had ended",
    143: "stopped by SIGTERM, after what was under way had ended",
}


def advice_for(reason: Reason) -> str:
    """Every reason has one piece of advice: a sentence or two that say what to do about it."""
    return EXPLANATIONS[reason].advice


def exit_meaning(exit_code: int) -> str:
    """Every exit code has one meaning; a code that is not ours is named as that."""
    return EXIT_MEANINGS.get(exit_code, "not a code of this program")


def next_steps(summary: Summary) -> tuple[str, ...]:
    """What a person does next, most urgent first; empty when there is nothing to do."""
    counts = summary.counts
    steps = []
    if summary.exit_code == 1:
        steps.append("Report this as a bug, with summary.json.")
    if summary.stop_reason is not Reason.NONE:
        steps.append(advice_for(summary.stop_reason))
    elif counts.failed or counts.unknown or counts.pending:
        steps.append(_RUN_AGAIN)
    if counts.defects:
        steps.append("Mend defects.csv and push it; defects of JSON Lines are in defects.jsonl.")
    if counts.rejected:
        steps.append("Look up the rejected invoices in results.csv; they are not sent again until their facts change.")
    return tuple(steps)
