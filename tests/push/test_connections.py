"""What is asked of aiohttp's connections: to be of use, and to send what they are given."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from vtex_tracking.errors import SettingsError
from vtex_tracking.push.connections import LostError, head_of, send


def test_a_head_is_the_lines_that_all_requests_have() -> None:
    """In their order, each with its end."""
    assert b"Host: a.example\r\nAccept: application/json\r\n" == head_of(
        {"Host": "a.example", "Accept": "application/json"}
    )


@pytest.mark.parametrize("value", ["key\r\nX-Other: 1", "key\n", "kéy", "key\x00"])
def test_a_key_is_no_line_of_its_own(value: str) -> None:
    """What would end its line, or is no ASCII, is a mistake that is told without the key."""
    with pytest.raises(SettingsError, match="X-VTEX-API-AppToken holds a character") as caught:
        head_of({"Accept": "application/json", "X-VTEX-API-AppToken": value})
    assert "key" not in str(caught.value).replace("key of VTEX", "")


@pytest.mark.parametrize(
    "protocol",
    [None, SimpleNamespace(transport=None), SimpleNamespace(transport=SimpleNamespace(is_closing=lambda: True))],
)
def test_over_a_closed_connection_nothing_is_sent(protocol: Any) -> None:
    """It broke while it was in the pool: nothing of the request can have arrived."""
    with pytest.raises(LostError, match="closed before the request"):
        send(SimpleNamespace(protocol=protocol), b"PUT")  # type: ignore[arg-type] # as much of a connection as is asked for
