"""The page about the command holds each command's help, word for word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from vtex_tracking.cli.main import cli

PAGE = Path(__file__).parents[2] / "docs" / "command.md"
TITLE = "## Every command\n"


def paths_of(command: click.Command, *words: str) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from paths_of(child, *words, name)


def sections() -> Iterator[str]:
    """Each command under its own title, with what it says of itself on a terminal of 80 columns."""
    for words in paths_of(cli):
        result = CliRunner().invoke(cli, [*words, "--help"], prog_name="vtex-tracking", terminal_width=80)
        yield f"### `{' '.join(['vtex-tracking', *words])}`\n\n```text\n{result.stdout}```\n"


def test_the_page_shows_the_help_of_every_command_and_of_no_other() -> None:
    """Who reads the page reads what the command says of itself. Run this file as a script to write the page anew."""
    _, _, shown = PAGE.read_text(encoding="utf-8").partition(TITLE)
    assert "\n" + "\n".join(sections()) == shown


if __name__ == "__main__":
    own_words, _, _ = PAGE.read_text(encoding="utf-8").partition(TITLE)
    PAGE.write_text(own_words + TITLE + "\n" + "\n".join(sections()), encoding="utf-8")
