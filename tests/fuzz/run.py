"""Fuzz one of the readers with atheris, guided by coverage: `python tests/fuzz/run.py --target csv --seconds 600`.

An input that breaks a rule is written to `tests/fuzz/cases/`, where the tests find it again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from attrs import frozen

HERE: Final = Path(__file__).parent
SUPPORT: Final = HERE.parent / "support"
INPUT_S_MAX: Final = 1.0  # and so much more for each of its bytes: code that atheris watches runs slowly
BYTE_S_MAX: Final = 0.0001
HANG_S: Final = 60
INSTRUMENTED: Final = ["vtex_tracking", "json", "email", "_strptime", "tomllib"]


@frozen(kw_only=True)
class Options:
    """What was asked for on the command line."""

    target: str
    seconds: int
    memory_mib_max: int
    corpus: Path


def parse_options() -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Fuzz one of the readers with atheris.")
    parser.add_argument("--target", required=True)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--memory-mib-max", type=int, default=512)
    parser.add_argument(
        "--corpus", type=Path, default=Path(".fuzz"), help="a folder; what was found interesting is kept there"
    )
    return Options(**vars(parser.parse_args()))


def timed(check: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The check, which fails as well for an input that takes far more time than it may."""

    def run(data: bytes) -> None:
        started_s = time.process_time()
        check(data)
        taken_s = time.process_time() - started_s
        allowed_s = INPUT_S_MAX + BYTE_S_MAX * len(data)
        assert taken_s <= allowed_s, f"{len(data)} bytes took {taken_s:.2f} s; at most {allowed_s:.2f} s are allowed"

    return run


def write_dictionary(path: Path, words: tuple[bytes, ...]) -> None:
    """The words in the form of libFuzzer: in quotes, every byte escaped."""
    lines = ('"{}"\n'.format("".join(f"\\x{byte:02x}" for byte in word)) for word in words if word)
    path.write_text("".join(lines), encoding="ascii")


def main() -> None:
    """Fuzz until the time is over (exit 0) or a rule is broken (any other exit)."""
    options = parse_options()
    sys.path[:0] = [str(SUPPORT), str(HERE.parent.parent)]
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=INSTRUMENTED, enable_loader_override=False):
        targets = import_module("fuzz_targets").TARGETS
    if options.target not in targets:
        sys.exit(f"{options.target!r} is no target; expected one of {', '.join(targets)}")
    target = targets[options.target]
    corpus, cases = options.corpus / options.target, HERE / "cases" / options.target
    corpus.mkdir(parents=True, exist_ok=True)
    cases.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    dictionary = options.corpus / f"{options.target}.dict"
    write_dictionary(dictionary, target.words)
    arguments = [
        sys.argv[0],
        f"-dict={dictionary}",
        f"-max_total_time={options.seconds}",
        f"-max_len={target.input_bytes_max}",
        f"-timeout={HANG_S}",
        f"-rss_limit_mb={options.memory_mib_max}",
        f"-artifact_prefix={cases}/",
        "-print_final_stats=1",
        str(corpus),
        str(cases),
    ]
    atheris.Setup(arguments, timed(target.check))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
