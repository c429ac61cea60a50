"""The README's first screen is true: its commands run, its output is the real one, its lines of library use work."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import process_support

from vtex_tracking.report.advice import EXIT_MEANINGS
from vtex_tracking.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def masked(text: str) -> str:
    """The parts that differ from run to run, taken out."""
    text = re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{4}", "RUN", text)
    text = re.sub(r"\S*/vtex-tracking-sandbox-[\w-]+", "FOLDER", text)
    return re.sub(r"\d+(?:\.\d+)? (?=m?s\b)|(?<=at )\d+\.\d+(?=/s)", "N ", text)


def test_the_output_is_the_real_one() -> None:
    """What the page shows below its command is what the command prints, but for names, times and rates."""
    (shown,) = blocks("console")
    command, _, output = shown.partition("\n")
    words = command.removeprefix("$ ").split()
    assert "vtex-tracking" == words[0]
    done = subprocess.run(  # noqa: S603 - our own page
        [sys.executable, "-m", "vtex_tracking", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    shutil.rmtree(re.findall(r"(?<=stay in )\S+", done.stdout)[0])
    assert masked(done.stdout) == masked(output)


async def test_the_commands_work(tmp_path: Path) -> None:
    """Each `vtex-tracking` of the page does what it says with the page's own feed."""
    (feed,) = blocks("csv")
    (tmp_path / "feed.csv").write_text(feed, encoding="utf-8")
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "tonight.csv").write_text(feed, encoding="utf-8")
    commands = [
        line.partition("#")[0].partition("||")[0].split()[1:]
        for block in blocks("sh")
        for line in block.splitlines()
        if line.startswith("vtex-tracking ")
    ]
    assert ["plan", "push", "push"] == [command[0] for command in commands]
    async with Sandbox() as sandbox:
        for command in commands:
            variables = {"VTEX_ACCOUNT": "mystore", "VTEX_TRACKING_BASE_URL": sandbox.url}
            ended = await process_support.run(*command, folder=tmp_path, **variables)
            assert 0 == ended.exit_code, ended.stderr
        assert 1 == len(sandbox.requests)
        assert sandbox.orders["1172452900788-01"]["000030711"].is_delivered


async def test_the_lines_of_library_use_work(tmp_path: Path) -> None:
    """The library's example runs as it stands, once it is told where the store is."""
    (example,) = blocks("python")
    (feed,) = blocks("csv")
    (tmp_path / "feed.csv").write_text(feed, encoding="utf-8")
    imports, _, body = example.partition("\n\n")
    async with Sandbox() as sandbox:
        store = f'Settings(account="mystore", base_url="{sandbox.url}"'
        body = textwrap.indent(body.replace('Settings(account="mystore"', store), "    ")
        script = f"import asyncio\n{imports}\n\nasync def main():\n{body}\nasyncio.run(main())\n"
        (tmp_path / "example.py").write_text(script, encoding="utf-8")
        process = await process_support.start_python("-W", "error", "example.py", folder=tmp_path)
        ended = await process_support.end(process)
    assert "1172452900788-01 000030711 sent" == ended.stdout.strip(), ended.stderr


def test_the_exit_codes_are_all_there() -> None:
    """The table has every exit code of the command, and no other."""
    rows = re.findall(r"^\| ([\d, ]+) \|", PAGE, re.MULTILINE)
    assert set(EXIT_MEANINGS) == {int(code) for row in rows for code in row.split(",")}
