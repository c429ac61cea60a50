"""A VTEX on loopback, to try things on and to test against: docs/sandbox.md."""

from vtex_tracking.sandbox.faults import Ending, FaultRule, read_faults
from vtex_tracking.sandbox.orders import Package, read_known
from vtex_tracking.sandbox.request_log import LoggedRequest
from vtex_tracking.sandbox.server import Sandbox
from vtex_tracking.sandbox.tracking import CourierEvent

__all__ = [
    "CourierEvent",
    "Ending",
    "FaultRule",
    "LoggedRequest",
    "Package",
    "Sandbox",
    "read_faults",
    "read_known",
]
