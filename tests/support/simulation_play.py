"""One simulation from its seed to what is wrong with it."""

from __future__ import annotations

import logging
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import virtual_time
from simulation_journal import Journal
from simulation_loop import SimulatedLoop
from simulation_oracles import problems
from simulation_story import Story
from simulation_teller import story_of
from simulation_world import World

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - where a sync costs nothing; each seed has a folder of its own there


def problems_of(seed: int) -> tuple[str, ...]:
    """Play the story of this seed, and tell what is wrong with it."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        try:
            return tuple(problems(journal_of(seed, folder=Path(folder))))
        except (Exception, virtual_time.Deadlock) as error:  # noqa: BLE001 - whatever it is, it is a finding
            return (f"{type(error).__name__}: {error}",)


def journal_of(seed: int, *, folder: Path) -> Journal:
    """Play the story of this seed, with its files in this folder."""
    random.seed(seed)  # aiohttp shuffles those who wait for a connection
    with _listening() as listener:
        journal = virtual_time.run(_play(story_of(seed), folder=folder), loop_factory=SimulatedLoop)
    journal.log_text = "\n".join(listener.lines)
    return journal


async def _play(story: Story, *, folder: Path) -> Journal:
    return await World(story, folder=folder).play()


class _Listener(logging.Handler):
    """Keeps every line that anybody logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def _listening() -> Iterator[_Listener]:
    root, listener = logging.getLogger(), _Listener()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        yield listener
    finally:
        root.removeHandler(listener)
        root.setLevel(level)
