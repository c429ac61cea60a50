"""docs/sandbox.md says what is so."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import attrs
import pytest

from vtex_tracking.sandbox import LoggedRequest, read_faults
from vtex_tracking.sandbox.faults import KEYS

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")

# What the example of the page calls: the reader's own integration.
INTEGRATION = """
import aiohttp

async def my_integration(*, base_url, app_key, app_token):
    headers = {"X-VTEX-API-AppKey": app_key, "X-VTEX-API-AppToken": app_token}
    body = {"isDelivered": True, "deliveredDate": "2026-03-14 10:00", "events": []}
    url = f"{base_url}/api/oms/pvt/orders/1172452900788-01/invoice/000643797/tracking"
    async with aiohttp.ClientSession(headers=headers) as client, client.put(url, json=body) as answer:
        assert answer.status == 200
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def keys_of(section: str) -> set[str]:
    """The keys in the first column of a section's table."""
    rows = re.findall(r"^\| (`.*?) \|", PAGE.partition(f"### {section}\n")[2].partition("\n#")[0], re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize("example", blocks("toml"))
def test_every_example_of_a_fault_is_one(example: str) -> None:
    """What the page shows as a file of faults is read as one."""
    assert read_faults(example, name="docs/sandbox.md")


def test_the_page_has_every_key_and_no_other() -> None:
    """The two tables of the faults name each key that a rule may have, and an example uses each."""
    assert set(KEYS) == keys_of("When") | keys_of("What")
    assert set(KEYS) == set(re.findall(r"^(\w+) = ", "\n".join(blocks("toml")), re.MULTILINE))


def test_the_page_has_every_field_of_the_log() -> None:
    """The table of the log names each field of a logged request."""
    rows = re.findall(r"^\| (`.*?) \|", PAGE.partition("## The log\n")[2].partition("\n#")[0], re.MULTILINE)
    assert list(attrs.fields_dict(LoggedRequest)) == [key for row in rows for key in re.findall(r"`(\w+)`", row)]


async def test_the_fixture_of_the_page_works(tmp_path: Path) -> None:
    """The page's own test passes, with an integration that is right."""
    (example,) = blocks("python")
    (tmp_path / "test_example.py").write_text(INTEGRATION + example, encoding="utf-8")
    arguments = (
        "-q",
        "-p",
        "no:cacheprovider",
        "-o",
        "asyncio_mode=auto",
        "-c",
        "/dev/null",
        "--rootdir",
        str(tmp_path),
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pytest",
        *arguments,
        str(tmp_path),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
