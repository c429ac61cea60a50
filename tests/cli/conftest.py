"""A command in an empty folder, with nothing of the machine's own settings or state."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import pytest
from attrs import frozen
from click.testing import CliRunner, Result

import vtex_tracking
from vtex_tracking.cli import options
from vtex_tracking.cli.main import Commands, cli
from vtex_tracking.cli.setting import Command


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, without the variables of whoever runs the tests; what is thrown away goes beside it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("thrown-away")))
    for name in list(os.environ):
        if name.startswith("VTEX_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHONPATH", str(Path(vtex_tracking.__file__).parents[1]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("vtex_tracking")
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


@pytest.fixture
def invoke() -> Callable[..., Result]:
    """The command as a user calls it, in this process."""

    def call(*arguments: str, env: dict[str, str] | None = None, stdin: str | None = None) -> Result:
        return CliRunner().invoke(cli, arguments, env=env, input=stdin, prog_name="vtex-tracking")

    return call


@pytest.fixture
def probe() -> Callable[..., Result]:
    """A command with the options of `push` that prints, as JSON, what they come to."""

    @click.command("probe", cls=Command)
    @options.of_run
    @click.pass_context
    def print_options(ctx: click.Context, /, **_settings: object) -> None:
        click.echo(json.dumps(ctx.params, default=str))

    def call(*arguments: str, env: dict[str, str] | None = None) -> Result:
        return CliRunner().invoke(Commands(commands=[print_options]), ["probe", *arguments], env=env)

    return call


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """The command as a process of its own, which does not outlive the test."""
    with ExitStack() as processes:

        def call(*arguments: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
            process = processes.enter_context(
                subprocess.Popen(  # noqa: S603 - our own command
                    [sys.executable, "-m", "vtex_tracking", *arguments],
                    cwd=folder,
                    env={**os.environ, **(env or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            processes.callback(process.kill)
            return process

        yield call


@pytest.fixture
def write_feed(folder: Path) -> Callable[..., str]:
    """A feed of so many invoices, with so many defects at its end."""

    def write(invoices: int = 3, *, defects: int = 0, description: str = "Saiu para entrega") -> str:
        lines = ["order_id,invoice_number,date,city,state,description"]
        lines += [
            f"v{number:06}abcd-01,{number:09},2026-11-20,Recife,PE,{description}" for number in range(1, invoices + 1)
        ]
        lines += [f"v000001abcd-01,bad id,2026-11-20,Recife,PE,{number}" for number in range(defects)]
        (folder / "feed.csv").write_text("\n".join(lines) + "\n")
        return "feed.csv"

    return write


@frozen
class RunningSandbox:
    """A sandbox in a process of its own: `env` is what a push to it needs."""

    process: subprocess.Popen[str]
    url: str
    env: dict[str, str]

    def requests(self) -> list[dict[str, Any]]:
        """Every request so far, as the sandbox tells it."""
        with urllib.request.urlopen(f"{self.url}/_sandbox/requests") as answer:  # noqa: S310 - loopback
            return [json.loads(line) for line in answer]


@pytest.fixture
def sandbox(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., RunningSandbox]:
    """`vtex-tracking sandbox` on a free port, with the two lines of shell that it prints taken at their word."""

    def call(*arguments: str) -> RunningSandbox:
        process = start("sandbox", "--port", "0", *arguments)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
        exports = [word for line in lines if line.strip().startswith("export ") for word in line.split()[1:]]
        env = dict(word.split("=", 1) for word in exports)
        return RunningSandbox(process, env["VTEX_TRACKING_BASE_URL"], env)

    return call
