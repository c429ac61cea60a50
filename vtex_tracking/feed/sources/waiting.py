"""Calls that may never return, made so that a run can still be stopped."""

from __future__ import annotations

import time
from concurrent.futures import Future, wait
from threading import Thread
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S: Final = 0.2  # before it is asked whether to go on

Result = TypeVar("Result")


def patiently(call: Callable[[], Result], *, go_on: Callable[[], None], timeout_s: float) -> Result:
    """What the call gives or raises, made in a thread of its own that a process does not wait for.

    `go_on` is asked several times a second, and raises what should end the wait. Raises TimeoutError after `timeout_s`.
    """
    ended: Future[Result] = Future()
    Thread(target=_settle, args=(ended, call), daemon=True).start()
    until_s = time.monotonic() + timeout_s
    while not wait([ended], timeout=min(PATIENCE_S, timeout_s)).done:
        go_on()
        if time.monotonic() > until_s:
            raise TimeoutError
    return ended.result()


def _settle(ended: Future[Result], call: Callable[[], Result]) -> None:
    try:
        ended.set_result(call())
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised where the result was awaited
        ended.set_exception(error)
