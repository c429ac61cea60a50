"""`vtex-tracking completion`."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

_SHELLS: Final[dict[str, type[ShellComplete]]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
EXAMPLES = """\b
Examples:
  echo 'eval "$(vtex-tracking completion bash)"' >> ~/.bashrc
  echo 'eval "$(vtex-tracking completion zsh)"' >> ~/.zshrc
  vtex-tracking completion fish > ~/.config/fish/completions/vtex-tracking.fish
"""


@click.command(epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(list(_SHELLS)))
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> None:
    """Print the script that lets a shell complete commands and options."""
    click.echo(_SHELLS[shell](ctx.find_root().command, {}, "vtex-tracking", "_VTEX_TRACKING_COMPLETE").source())
