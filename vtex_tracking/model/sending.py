"""What is sent and what became of it: the nouns that cross between the ledger and the push.

Each is made for every update, and has no slots: a frozen class of attrs fills those in three times the time.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from attrs import frozen

from vtex_tracking.model.tracking import InvoiceKey


@frozen(slots=False)
class Update:
    """Everything to say about one invoice: the body of one PUT, and the SHA-256 of what it stands for, in hex.

    `fingerprint` covers all facts known; `body` is what goes out, byte for byte, at each attempt.
    """

    key: InvoiceKey
    body: bytes
    fingerprint: str
    events: int
    is_delivered: bool
    delivered_date: str | None


class OutcomeKind(StrEnum):
    """How one update ended in a run."""

    SENT = "sent"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"
    PENDING = "pending"


class Reason(StrEnum):
    """Why an outcome is not `sent`. A code, once released, keeps its meaning; docs/reports.md explains each."""

    NONE = ""
    # not sent, because there was no need
    ALREADY_SENT = "already_sent"
    # refused here, before a byte left
    TOO_MANY_EVENTS = "too_many_events"
    TOO_MANY_VOLUMES = "too_many_volumes"
    BODY_TOO_LARGE = "body_too_large"
    # refused by VTEX
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    UNAUTHORIZED = "unauthorized"
    UNEXPECTED_STATUS = "unexpected_status"
    # for now
    THROTTLED = "throttled"
    TOO_EARLY = "too_early"
    UNAVAILABLE = "unavailable"
    SERVER_ERROR = "server_error"
    SERVER_ERROR_PERSISTENT = "server_error_persistent"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    NAME_NOT_RESOLVED = "name_not_resolved"
    DISCONNECTED = "disconnected"
    UNEXPECTED_RESPONSE = "unexpected_response"
    # the run ended first
    INTERRUPTED = "interrupted"
    NOT_STARTED = "not_started"
    # the run cannot go on
    CREDENTIALS_REFUSED = "credentials_refused"
    WRONG_ACCOUNT = "wrong_account"
    REDIRECT = "redirect"
    TLS = "tls"
    SETTINGS = "settings"
    LONG_THROTTLE = "long_throttle"
    OUTAGE = "outage"
    MAX_DURATION = "max_duration"
    DEFECTS = "defects"
    WARNINGS = "warnings"


class Due(NamedTuple):
    """An update that the ledger wants sent, and what it remembers of it.

    `seq` is its place in the run. `is_ambiguous`: an earlier attempt of these very bytes may have arrived. `not_before_s`:
    a wall-clock time (Unix seconds) until which an attempt of other bytes may still arrive; 0 when there is none.
    """

    seq: int
    invoice_id: int
    update: Update
    is_ambiguous: bool
    not_before_s: float


class Effect(StrEnum):
    """What an attempt did to the invoice at VTEX, as far as can be known."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    NOT_APPLIED = "not_applied"
    AMBIGUOUS = "ambiguous"


@frozen(kw_only=True, slots=False)
class Receipt:
    """VTEX's word that it took an update. `order_id` may carry a seller's prefix that the one sent has not."""

    receipt: str
    date: str | None = None
    order_id: str | None = None


@frozen(kw_only=True, slots=False)
class Settlement:
    """What became of one attempt; `outcome` is set when the run is done with the update. `started_s` is Unix seconds."""

    started_s: float
    effect: Effect
    outcome: OutcomeKind | None
    reason: Reason
    http_status: int | None
    request_id: str | None
    receipt: Receipt | None
    latency_ms: int | None


@frozen(slots=False)
class Attempted:
    """An attempt that has ended: of what, and what became of it."""

    due: Due
    settlement: Settlement
