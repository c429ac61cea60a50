"""What holds for the readers of answers, whatever a server sends; a check raises where a rule is broken."""

from __future__ import annotations

import math

from fuzz_values import NOW, check_shown
from multidict import CIMultiDict, CIMultiDictProxy

from vtex_tracking.push.body import MESSAGE_CHARACTERS_MAX
from vtex_tracking.push.retry_after import read_rate_limit, retry_after_s
from vtex_tracking.push.wire import read_answer


def check_retry_after(data: bytes) -> None:
    """Any header is some seconds from now, at least 0 and finite, or nothing."""
    _check_seconds(retry_after_s(data.decode("utf-8", "surrogateescape"), now=NOW))


def check_rate_headers(data: bytes) -> None:
    """Headers say how much is left, and from when there is more, or nothing."""
    headers = _headers(data)
    limit = read_rate_limit({name.lower(): value for name, value in headers.items()}, now=NOW)
    if limit is not None:
        assert limit.remaining >= 0
        _check_seconds(limit.reset_s)


def check_answer(data: bytes) -> None:
    """Whatever a server sends is an answer whose texts may be shown; only a whole one has a receipt."""
    head, _, body = data.partition(b"\n\n")
    for is_whole in (True, False):
        answer = read_answer(200, headers=_headers(head), body=body, is_whole=is_whole, now=NOW)
        _check_seconds(answer.retry_after_s)
        texts = [answer.message, answer.request_id, answer.redirect_host]
        if answer.receipt is not None:
            assert is_whole
            assert answer.receipt.receipt
            texts += [answer.receipt.receipt, answer.receipt.date, answer.receipt.order_id]
        for text in filter(None, texts):
            check_shown(text, characters_max=MESSAGE_CHARACTERS_MAX)


def _check_seconds(seconds: float | None) -> None:
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds)), seconds


def _headers(data: bytes) -> CIMultiDictProxy[str]:
    """Lines as headers, as aiohttp would hand them over."""
    headers: CIMultiDict[str] = CIMultiDict()
    for line in data.decode("utf-8", "surrogateescape").splitlines():
        name, _, value = line.partition(":")
        headers.add(name.strip(), value.strip())
    return CIMultiDictProxy(headers)
