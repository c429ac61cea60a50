"""Credentials: from variables, or from files that nobody else can read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vtex_tracking.cli.credentials import SECRET_BYTES_MAX, read_credentials
from vtex_tracking.errors import SettingsError

KEY, TOKEN = "canary-key", "canary-token"


def secret_file(folder: Path, text: str, *, mode: int = 0o600) -> str:
    path = folder / "token"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def message_of(environment: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        read_credentials(environment)
    assert "canary" not in str(caught.value)
    return str(caught.value).removeprefix("credentials: 1 to mend\n- ")


def test_variables_hold_the_secrets() -> None:
    """The two variables are all that is needed."""
    credentials = read_credentials({"VTEX_APP_KEY": KEY, "VTEX_APP_TOKEN": TOKEN})
    assert (KEY, TOKEN) == (credentials.app_key.reveal(), credentials.app_token.reveal())


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_may_hold_a_secret(mode: int, folder: Path) -> None:
    """A file of the owner's alone is as good as a variable; the newline at its end is no part of it."""
    path = secret_file(folder, TOKEN + "\n", mode=mode)
    credentials = read_credentials({"VTEX_APP_KEY": KEY, "VTEX_APP_TOKEN_FILE": path})
    assert TOKEN == credentials.app_token.reveal()


def test_a_pipe_may_hold_a_secret() -> None:
    """A secret can come straight from the program that keeps it."""
    ours, theirs = os.pipe()
    os.write(theirs, TOKEN.encode())
    os.close(theirs)
    credentials = read_credentials({"VTEX_APP_KEY": KEY, "VTEX_APP_TOKEN_FILE": f"/dev/fd/{ours}"})
    os.close(ours)
    assert TOKEN == credentials.app_token.reveal()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_can_reach_is_refused(mode: int, folder: Path) -> None:
    """Any right of group or others is one too many, and the message says how to mend it."""
    path = secret_file(folder, TOKEN, mode=mode)
    message = message_of({"VTEX_APP_KEY": KEY, "VTEX_APP_TOKEN_FILE": path})
    assert f"VTEX_APP_TOKEN_FILE: others may read {path} (mode {mode:04o}); run: chmod 600 {path}" == message


def test_both_that_are_missing_are_named_at_once() -> None:
    """A newcomer learns of both variables in one go."""
    heading, key, token = message_of({"VTEX_APP_KEY": ""}).splitlines()
    assert "credentials: 2 to mend" == heading
    assert key.startswith("- VTEX_APP_KEY is not set; set it, or set VTEX_APP_KEY_FILE")
    assert token.startswith("- VTEX_APP_TOKEN is not set")


def test_two_places_for_one_secret_are_refused(folder: Path) -> None:
    """Which of the two is meant is not for us to guess."""
    path = secret_file(folder, TOKEN)
    message = message_of({"VTEX_APP_KEY": KEY, "VTEX_APP_TOKEN": TOKEN, "VTEX_APP_TOKEN_FILE": path})
    assert "VTEX_APP_TOKEN and VTEX_APP_TOKEN_FILE are both set; unset one of them" == message


@pytest.mark.parametrize("text", ["", "canary canary", "canary\n\n", "canary\u00e9", "c" * (SECRET_BYTES_MAX + 1)])
def test_a_file_that_holds_no_key_is_refused_without_being_quoted(text: str, folder: Path) -> None:
    """What is wrong is said of the file, never with what stands in it."""
    path = secret_file(folder, text)
    assert path in message_of({"VTEX_APP_KEY": KEY, "VTEX_APP_TOKEN_FILE": path})


def test_a_file_that_is_not_there_is_said(folder: Path) -> None:
    """A wrong path is a wrong setting."""
    message = message_of({"VTEX_APP_KEY": KEY, "VTEX_APP_TOKEN_FILE": str(folder / "none")})
    assert f"VTEX_APP_TOKEN_FILE: {folder / 'none'} cannot be read: No such file or directory" == message
