"""The house keeps its own rules: sizes, names, walls that can be checked, and pure modules without a clock."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
PACKAGE: Final = ROOT / "vtex_tracking"
MODULES: Final = sorted(PACKAGE.rglob("*.py"))

MODULE_LINES_MAX: Final = 270
FUNCTION_LINES_MAX: Final = 55
FORBIDDEN_NAMES: Final = {"utils", "helpers", "common", "manager", "base"}
IMPURE_CALLS: Final = {"now", "utcnow", "today", "open", "print", "input"}


def _pure_modules() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    modules: list[str] = next(contract["source_modules"] for contract in contracts if contract["id"] == "pure")
    return modules


def _files_of(module: str) -> list[Path]:
    path = ROOT.joinpath(*module.split("."))
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


PURE: Final = [path for module in _pure_modules() for path in _files_of(module)]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_fits_in_a_readers_head(path: Path) -> None:
    """No module is much over 250 lines, no function much over 50, and none is named after nothing in particular."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MODULE_LINES_MAX
    assert path.stem not in FORBIDDEN_NAMES
    assert path.parent.name not in FORBIDDEN_NAMES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < FUNCTION_LINES_MAX, node.name


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_module_goes_through_the_front_door(path: Path) -> None:
    """Inside the house a name comes from the module that has it, so that the walls can be checked."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "vtex_tracking":
            names = {alias.name for alias in node.names}
            assert names <= {module.stem for module in PACKAGE.iterdir()}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the wall that they cross"


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_a_pure_module_asks_no_clock_and_opens_nothing(path: Path) -> None:
    """What the import contract cannot see: `datetime.now()`, `open()` and their like."""
    calls = [node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    named = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    named |= {call.id for call in calls if isinstance(call, ast.Name)}
    assert set() == named & IMPURE_CALLS


def test_every_pure_module_must_be_covered_whole() -> None:
    """The modules that `make test` wants at 100 % are those of the contract, and each exists."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$\\\n", "")
    covered = re.search(r"^PURE := (\S+)$", makefile, re.MULTILINE)
    assert covered is not None
    modules = {name.removesuffix("/*").removesuffix(".py").replace("/", ".") for name in covered[1].split(",")}
    assert modules == set(_pure_modules())
    assert [] == [path for path in PURE if not path.is_file()]


def test_what_an_index_gets_is_typed_and_licensed() -> None:
    """The package carries its `py.typed` and the project its licence."""
    assert (PACKAGE / "py.typed").is_file()
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
