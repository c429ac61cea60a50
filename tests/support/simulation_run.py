"""Play simulations by their seeds, those first that once failed: `python tests/support/simulation_run.py --seeds 1-2000`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from simulation_ablations import ABLATIONS
from simulation_play import problems_of

KEPT: Final = Path(__file__).parents[1] / "simulation" / "seeds.txt"
_CHUNK: Final = 10  # seeds that a process takes at once
_FAILURES_MAX: Final = 10  # after so many, more would say nothing new


def kept_seeds() -> tuple[int, ...]:
    """The seeds that once failed; a line may say why behind a `#`."""
    lines = (line.partition("#")[0].strip() for line in KEPT.read_text(encoding="utf-8").splitlines())
    return tuple(int(line) for line in lines if line)


def problems_without(rule: str | None, seed: int) -> tuple[str, ...]:
    """What is wrong with this seed when a rule is taken away, or none."""
    with ABLATIONS[rule]() if rule else nullcontext():
        return problems_of(seed)


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=_range, required=True, help="such as 1-2000, or a single one")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="one for each core")
    parser.add_argument("--without", choices=ABLATIONS, help="take this rule away")
    parser.add_argument("--keep", action="store_true", help=f"add seeds that fail to {KEPT.name}, for ever")
    return parser.parse_args(argv)


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def main(argv: Sequence[str]) -> int:
    """Tell of every seed that fails, and how to play it again; 1 when there is one."""
    arguments = _arguments(argv)
    seeds = tuple(dict.fromkeys((*kept_seeds(), *arguments.seeds)))
    if len(arguments.seeds) == 1:
        seeds = tuple(arguments.seeds)
    played = failed = 0
    started_s = time.perf_counter()
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as processes:
        found = processes.map(partial(problems_without, arguments.without), seeds, chunksize=_CHUNK)
        for seed, problems in zip(seeds, found, strict=True):
            played += 1
            if not problems:
                continue
            failed += 1
            without = f" --without {arguments.without}" if arguments.without else ""
            _say(f"seed {seed}: python tests/support/simulation_run.py --seeds {seed}{without}")
            _say(*(f"    {problem}" for problem in problems))
            if arguments.keep and seed not in kept_seeds():
                with KEPT.open("a", encoding="utf-8") as kept:
                    kept.write(f"{seed}\n")
            if failed == _FAILURES_MAX:
                processes.shutdown(cancel_futures=True)
                break
    _say(f"{played} simulations in {time.perf_counter() - started_s:.0f} s, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
