"""What was measured, on which machine, as JSON: one result for each suite, so that one can be measured again alone."""

from __future__ import annotations

import json
import os
import platform
import re
import sqlite3
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

import cattrs
from attrs import asdict, evolve, frozen
from figures import Figure

PACKAGES: Final = ("aiohttp", "aiolimiter", "duckdb", "httpx", "polars", "requests", "tenacity", "uvloop")


@frozen(kw_only=True)
class Machine:
    """What the figures depend on."""

    processor: str
    cores: int
    system: str
    python: str
    versions: dict[str, str]  # of what is installed, by name


@frozen(kw_only=True)
class Result:
    """One suite."""

    command: str
    machine: Machine
    figures: tuple[Figure, ...]

    def beside(self, earlier: Result | None) -> Result:
        """The same with the cases that only an earlier one has; if that was measured on the same machine."""
        cases = {figure.case for figure in self.figures}
        if earlier is None or earlier.machine != self.machine or cases >= {figure.case for figure in earlier.figures}:
            return self
        kept = [figure for figure in earlier.figures if figure.case not in cases]
        return evolve(self, figures=tuple(sorted([*kept, *self.figures], key=_order_of)))


def _order_of(figure: Figure) -> tuple[list[int], str]:
    """By the numbers in the name of the case: few records come before many."""
    return [int(number) for number in re.findall(r"\d+", figure.case.replace(",", ""))], figure.case


def this_machine() -> Machine:
    """The one that this runs on."""
    versions = {"sqlite": sqlite3.sqlite_version}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        versions=versions,
    )


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text(encoding="utf-8").splitlines() if about.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def read_results(path: Path) -> dict[str, Result]:
    """By suite; none where there is no such file yet."""
    if not path.exists():
        return {}
    return cattrs.structure(json.loads(path.read_text(encoding="utf-8")), dict[str, Result])


def write_results(path: Path, results: Mapping[str, Result]) -> None:
    """Write them all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {suite: asdict(result) for suite, result in results.items()}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
