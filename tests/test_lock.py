"""The lock is what pyproject.toml asks for, and one version is told everywhere."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from vtex_tracking.version import __version__

ROOT: Final = Path(__file__).parents[1]


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _pins(name: str) -> dict[str, Version]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return {canonicalize_name(pin[1]): Version(pin[2]) for pin in re.finditer(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}


def _group(name: str) -> list[str]:
    requirements: list[str] = []
    for entry in _project()["dependency-groups"][name]:
        requirements += [entry] if isinstance(entry, str) else _group(entry["include-group"])
    return requirements


def test_the_lock_of_a_run_meets_what_the_project_asks() -> None:
    """Every dependency, and the builder, is pinned at a version that pyproject.toml allows."""
    project, pins = _project(), _pins("run.lock")
    for text in [*project["project"]["dependencies"], *project["build-system"]["requires"]]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), text


def test_the_lock_of_development_meets_its_group() -> None:
    """Every tool of the group `dev` is pinned at a version that pyproject.toml allows."""
    pins = _pins("dev.lock")
    for text in _group("dev"):
        requirement = Requirement(text)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), text


def test_the_lock_of_the_benchmarks_meets_its_group() -> None:
    """What is measured beside ours is pinned at a version that pyproject.toml allows, and ours runs on what users get."""
    pins, run = _pins("bench.lock"), _pins("run.lock")
    for text in [*_group("bench"), *_project()["project"]["dependencies"]]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), text
    assert [] == [name for name in pins.keys() & run.keys() if pins[name] != run[name]]


def test_tests_run_on_the_versions_that_users_get() -> None:
    """The lock of development holds every pin of the lock of a run."""
    assert set(_pins("run.lock").items()) <= set(_pins("dev.lock").items())


def test_the_builder_is_named_alike_in_both_places() -> None:
    """The group `build`, which the lock reads, says what the build system asks."""
    assert _project()["build-system"]["requires"] == _group("build")


@pytest.mark.parametrize("name", ["run.lock", "dev.lock", "bench.lock"])
def test_a_lock_is_hashes_and_nothing_of_the_machine_that_made_it(name: str) -> None:
    """Every pin has hashes, and no line names an index or a folder."""
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    pins = [number for number, line in enumerate(lines) if "==" in line.split(";")[0]]
    assert pins
    assert all("--hash=sha256:" in lines[number + 1] for number in pins)
    assert [] == [line for line in lines if "://" in line or "index" in line or " /" in line]


def test_one_version_is_told_everywhere() -> None:
    """The package, what is installed and the changelog's newest entry say the same version."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
    assert newest is not None
    assert __version__ == newest[1]
    assert __version__ == metadata.version("vtex-tracking")
