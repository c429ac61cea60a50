"""What the pages say is so: links, commands, numbers, verdicts and walls."""

from __future__ import annotations

import os
import re
import tomllib
from http import HTTPStatus
from pathlib import Path
from typing import Final

import pytest

from vtex_tracking.push import adapting, budget, circuit, concurrency
from vtex_tracking.push.meaning import Sort, meaning_of
from vtex_tracking.push.wire import Answer
from vtex_tracking.settings import Settings

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "samples").glob("*.md")])


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    """A relative link names a file of the project, and a heading that is there."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = page.parent / target if target else page
        assert file.exists(), link
        assert not anchor or anchor in _anchors(file), link


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_make_command_of_a_page_exists(page: Path) -> None:
    """`make something` in a page is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_option_of_a_page_exists(page: Path) -> None:
    """An option in a page is one of the command's."""
    said = set(re.findall(r"`(?:vtex-tracking [a-z ]*)?(--[a-z][a-z-]+)", page.read_text(encoding="utf-8")))
    known = set(re.findall(r"--[a-z][a-z-]+", (ROOT / "docs" / "command.md").read_text(encoding="utf-8")))
    assert set() == said - known


def test_the_guarantees_name_the_numbers_of_the_settings() -> None:
    """A default that changes changes the page as well."""
    settings = Settings(account="mystore")
    page = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    for row in (
        f"| rate | {settings.rate.count:g} request starts in any second |",
        f"| in flight | {settings.concurrency}, and",
        f"| attempts | {settings.attempts} per update and run",
        f"min({settings.backoff_max_s:g} s, {settings.backoff_base_s:g} s · 2ⁿ)",
        f"| rest after a 429 that names no time | {settings.throttle_pause_s:g} s |",
        f"connect {settings.connect_timeout_s:g} s, read {settings.read_timeout_s:g} s, whole request {settings.timeout_s:g} s",
        f"| quiet period | {settings.quiet_period_s:g} s |",
        f"| drain after Ctrl-C or SIGTERM | {settings.drain_timeout_s:g} s;",
        f"at most {settings.events_max} events, {settings.volumes_max:,} volumes and {settings.body_bytes_max >> 20} MiB",
        f"at most {settings.throttles_max} per update",
        f"within {1000 * settings.commit_delay_s:g} ms or {settings.commit_group_max} of them",
        f"within the next {1000 * settings.claim_ahead_s:g} ms",
        f"`Retry-After` over {settings.throttle_pause_max_s / 60:g} minutes",
        f"a 404 also after {settings.not_found_again_after_s / 3600:g} hours",
    ):
        assert row in page


def test_the_guarantees_name_the_numbers_that_no_option_changes() -> None:
    """What the push is tuned to is promised as well."""
    page = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    for words in (
        f"{adapting.CUT:g} times as much, but at least {adapting.RATE_MIN_PER_S:g}/s; back within {adapting.RETURN_S:g} s to",
        f"there for {adapting.LINGER_S:g} s or {adapting.LINGER_PAUSES:g} times the pause",
        f"{concurrency.START} at first",
        f"{concurrency.CUT:g} times as many after a time-out",
        f"{budget.TOKENS_MAX} tokens: a retry costs {budget.RETRY_COST}, one after a 429 costs {budget.THROTTLE_COST}",
        f"after {circuit.IN_A_ROW_MAX} failed updates in a row",
        f"at least {circuit.RECENT_MIN} attempts within {circuit.RECENT_S:g} s failed: for {circuit.OPEN_S:g} s",
        f"doubling to {circuit.OPEN_MAX_S:g} s; after a probe that works, {circuit.TRIAL_ENDS} successes",
    ):
        assert words in page


WORDS: Final = {
    Sort.NOT_APPLIED: "not applied: again",
    Sort.THROTTLED: "not applied: the account rests",
    Sort.PERHAPS: "may have arrived: the same bytes again",
    Sort.SERVER_ERROR: "the same, but at most three times",
    Sort.UNAVAILABLE: "may have arrived: the account rests",
    Sort.ODD: "may have arrived: at most two more attempts",
    Sort.CONFLICT: "again, at most twice",
    Sort.REFUSED: "VTEX will not have it",
    Sort.DOUBTED: "another update is tried",
    Sort.FATAL: "stop with 2",
}


def test_the_guarantees_say_what_each_status_means() -> None:
    """Every status in the page's table, but for a 200 with its receipt, means there what it means to the code."""
    page = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    table = page.partition("## What an answer means")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|", table, re.MULTILINE)
    said = [(int(status), verdict) for what, verdict in rows for status in re.findall(r"\b[1-5]\d\d\b", what)]
    assert len(said) > len(WORDS)
    for status, verdict in said:
        word = WORDS[meaning_of(Answer(status=status)).sort]
        assert verdict.startswith(word) or (status, verdict) == (HTTPStatus.OK, "sent"), status


def test_the_architecture_draws_the_walls_that_are_checked() -> None:
    """The page's drawing and the contract have the same layers, from the command down to the errors."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = re.search(r"## The walls\n\n```\n(.*?)\n```", page, re.DOTALL)
    assert drawn is not None
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    walls = next(contract["layers"] for contract in contracts if contract["id"] == "line")
    layers = [set(re.findall(r"\w+", layer)) for layer in walls]
    assert layers == [set(re.findall(r"\w+", line)) for line in drawn[1].splitlines()]


def _texts() -> list[Path]:
    kept = [
        *(ROOT / name for name in ("Makefile", "pyproject.toml", ".ci/run")),
        *(path for room in ("vtex_tracking", "tests", "samples", "benchmarks") for path in (ROOT / room).rglob("*")),
    ]
    return [*PAGES, *(path for path in kept if path.is_file() and path.suffix != ".pyc")]


def test_no_file_names_a_folder_of_the_machine_it_was_written_on() -> None:
    """A path that exists on one machine only helps nobody on another."""
    machine = re.compile(rb"(?<![\w.:/-])/(?:home|Users|root|work|opt)/\w")
    assert [] == [_name(path) for path in _texts() if machine.search(path.read_bytes())]


def test_ci_runs_what_the_readme_says() -> None:
    """`.ci/run` is a program, and calls the same two commands as a newcomer."""
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    commands = script.read_text(encoding="utf-8").splitlines()
    assert {"make test", "make demo"} <= set(commands)
