"""Shell completion: the script, and what it asks the command."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result

Invoke = Callable[..., Result]


@pytest.mark.parametrize(
    ("shell", "expected"), [("bash", "complete -o nosort"), ("zsh", "#compdef"), ("fish", "complete ")]
)
def test_each_shell_gets_its_script(shell: str, expected: str, invoke: Invoke) -> None:
    """The script is for the command by its own name."""
    result = invoke("completion", shell)
    assert 0 == result.exit_code
    assert expected in result.stdout
    assert "_VTEX_TRACKING_COMPLETE" in result.stdout
    assert "vtex-tracking" in result.stdout


def test_an_unknown_shell_is_refused(invoke: Invoke) -> None:
    """The shells that are known are named."""
    result = invoke("completion", "tcsh")
    assert 2 == result.exit_code
    assert "'bash', 'zsh', 'fish'" in result.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [("vtex-tracking pl", "plan"), ("vtex-tracking push --ra", "--rate"), ("vtex-tracking push --events ", "full")],
)
def test_the_command_completes_commands_options_and_choices(words: str, expected: str, invoke: Invoke) -> None:
    """What the script asks is answered."""
    environment = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "_VTEX_TRACKING_COMPLETE": "bash_complete"}
    assert f"plain,{expected}\n" in invoke(env=environment).stdout
