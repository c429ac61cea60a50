"""Every example on the library's page runs as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "library.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_runs(number: int, tmp_path: Path) -> None:
    """What the page shows works for who pastes it into a file of their own."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    code = EXAMPLES[number]
    arguments = [sys.executable, "-W", "error", "example.py"]
    name = "example.py"
    if "def test_" in code:
        name = "test_example.py"
        arguments = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"]
        arguments += ["-o", "asyncio_default_fixture_loop_scope=function", name]
    (tmp_path / name).write_text(code, encoding="utf-8")
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own page
    assert (0, "") == (done.returncode, done.stderr), done.stdout


def test_the_page_has_examples() -> None:
    """A page whose examples are not found would test nothing."""
    assert len(EXAMPLES) == 8
