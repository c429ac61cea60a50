"""Subjects measured in turn, round after round, each time in a process of its own."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen
from figures import Figure

BENCHMARKS: Final = Path(__file__).parent


@frozen(kw_only=True)
class Subject:
    """One program in one case: a script of this folder that prints one line of JSON, and what it is called with."""

    name: str
    script: str
    arguments: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """What measures it alone, from the project's folder."""
        return shlex.join(["python", f"benchmarks/{self.script}", *self.arguments])


def figures_of(
    subjects: Sequence[Subject], *, suite: str, case: str, times: int, folder: Path, prepared_by: str = ""
) -> Iterator[Figure]:
    """Each quantity that a subject tells of itself, with a value a round; measured in this folder.

    `prepared_by` is the command that makes what they measure with.
    """
    rounds = [[tell(subject, folder=folder) for subject in subjects] for _ in range(times)]
    for subject, told in zip(subjects, zip(*rounds, strict=True), strict=True):
        for quantity in told[0]:
            yield Figure(
                suite=suite,
                case=case,
                subject=subject.name,
                quantity=quantity,
                values=tuple(values[quantity] for values in told),
                command=f"{prepared_by} && {subject.command}" if prepared_by else subject.command,
            )


def tell(subject: Subject, *, folder: Path) -> dict[str, float]:
    """Measure one subject once. Raises RuntimeError for a process that fails; what it said stands above."""
    command = [sys.executable, str(BENCHMARKS / subject.script), *subject.arguments]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(f"{subject.command}: ended with {done.returncode}")
    told: dict[str, float] = json.loads(done.stdout)
    return told
