"""Secrets: what becomes one, and that nothing shows it."""

from __future__ import annotations

import copy
import json
import pickle
import re
import traceback

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtex_tracking.credentials import Credentials, Secret, read_secret
from vtex_tracking.errors import SettingsError

CANARY = "CANARY-7f3a9c0d1e2b"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_one_newline_at_the_end_is_forgiven(ending: str) -> None:
    """A key read from a file may end in one newline, of either kind."""
    assert CANARY == read_secret(CANARY + ending, name="VTEX_APP_KEY").reveal()


@pytest.mark.parametrize(
    "text",
    [
        f"{CANARY}\n\n",
        f"{CANARY}\r",
        f"{CANARY}\n\r",
        f" {CANARY}",
        f"{CANARY} ",
        f"{CANARY}\t",
        f"{CANARY}\x00",
        f"{CANARY}\x7f",
        f"{CANARY}é",
        f"{CANARY}\u0663",
        f"\ufeff{CANARY}",
        f"{CANARY}\nX-Other: 1",
    ],
)
def test_what_no_key_holds_is_refused_and_not_quoted(text: str) -> None:
    """Anything outside 0x21 to 0x7E is a mistake in copying; the message names the place, not the value."""
    with pytest.raises(SettingsError, match="VTEX_APP_TOKEN") as caught:
        read_secret(text, name="VTEX_APP_TOKEN")
    assert "CANARY" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("text", ["", "\n", "\r\n"])
def test_an_empty_key_is_refused(text: str) -> None:
    """A variable that is set to nothing is not a key."""
    with pytest.raises(SettingsError, match="VTEX_APP_KEY is empty"):
        read_secret(text, name="VTEX_APP_KEY")


@pytest.mark.parametrize(
    "text",
    [
        "xxx",
        "XXXXXXXX",
        "your-token",
        "YOUR_APP_KEY",
        "changeme",
        "change-me",
        "<token>",
        "{{X-VTEX-API-AppKey}}",
        "${VTEX_APP_KEY}",
        "$VTEX_APP_KEY",
        "%TOKEN%",
        "[token]",
        "***",
        "...",
        "---",
        "todo",
        "None",
        "null",
        "placeholder",
        "example",
        "insert-token-here",
    ],
)
def test_a_placeholder_is_refused(text: str) -> None:
    """What a template puts where a key belongs is not sent to find out."""
    with pytest.raises(SettingsError, match="placeholder"):
        read_secret(text, name="VTEX_APP_KEY")


@pytest.mark.parametrize("text", ["vtexappkey-mystore-ABCDEF", "XKCDXXX", "a", "nullable-key", "sandbox-key"])
def test_a_key_that_looks_a_little_like_a_placeholder_is_one(text: str) -> None:
    """Only a whole value is a placeholder."""
    assert text == read_secret(text, name="VTEX_APP_KEY").reveal()


def test_a_secret_is_shown_nowhere() -> None:
    """Not by str, repr, any format, a container, attrs or JSON."""
    credentials = Credentials(app_key=Secret(CANARY), app_token=Secret(CANARY))
    secret = credentials.app_key
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!s:>40}", f"{secret:>40}", "%s" % secret]  # noqa: UP031
    shown += [repr([secret]), str(credentials), repr(credentials), repr(attrs.asdict(credentials))]
    with pytest.raises(TypeError) as caught:
        json.dumps(attrs.asdict(credentials))
    shown.append("".join(traceback.format_exception(caught.value)))
    assert [] == [text for text in shown if "CANARY" in text]
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("save", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_neither_pickled_nor_copied(save: object) -> None:
    """A pickle in a cache or a queue would hold the text."""
    assert callable(save)
    with pytest.raises(TypeError, match="neither pickled nor copied"):
        save(Secret(CANARY))


def test_secrets_compare_by_their_text() -> None:
    """Two readings of the same key are equal, and equal to nothing else."""
    assert Secret(CANARY) == Secret(CANARY)
    assert hash(Secret(CANARY)) == hash(Secret(CANARY))
    assert Secret(CANARY) != Secret("other")
    assert Secret(CANARY) != CANARY


def test_a_secret_is_blotted_out_of_what_others_wrote() -> None:
    """An echo loses the key; one too short to be a key stays, since it stands in many a word."""
    assert "X-Key: ***, again ***" == Secret(CANARY).blot_out(f"X-Key: {CANARY}, again {CANARY.lower()}")
    assert "a receipt" == Secret("e").blot_out("a receipt")


@given(st.text())
def test_any_text_is_a_secret_or_refused(text: str) -> None:
    """Nothing but a SettingsError comes of any text, and what is accepted is printable ASCII."""
    try:
        value = read_secret(text, name="VTEX_APP_KEY").reveal()
    except SettingsError:
        return
    assert re.fullmatch(r"[\x21-\x7e]+", value)
