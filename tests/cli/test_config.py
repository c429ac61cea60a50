"""The settings file: found, checked whole, and refused with all its faults."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Probe = Callable[..., Result]


def test_keys_take_dashes_or_underscores(probe: Probe, folder: Path) -> None:
    """`backoff-max` and `backoff_max` are one key."""
    (folder / "vtex-tracking.toml").write_text('backoff-max = "5s"\nthrottle_pause = "7s"\n')
    given = json.loads(probe().stdout)
    assert (5.0, 7.0) == (given["backoff_max"], given["throttle_pause"])


def test_another_file_may_be_named_on_the_line_or_in_the_environment(probe: Probe, folder: Path) -> None:
    """The file named is read in place of the one that lies in the folder."""
    (folder / "vtex-tracking.toml").write_text('account = "here"\n')
    (folder / "other.toml").write_text('account = "other"\n')
    assert "other" == json.loads(probe("--config", "other.toml").stdout)["account"]
    assert "other" == json.loads(probe(env={"VTEX_TRACKING_CONFIG": "other.toml"}).stdout)["account"]


def test_all_faults_are_said_at_once(probe: Probe, folder: Path) -> None:
    """A file is mended in one go: unknown keys, keys given twice, and values of the wrong kind together."""
    (folder / "vtex-tracking.toml").write_text(
        'ratte = "10/s"\nrate = 10\ntimeout = 60\nstrict = "yes"\nconcurrency = true\nattempts = 2.5\n'
        'max-duration = "1h"\nmax_duration = "1h"\nformat = "xml"\napp-token = "canary"\nfeeds = ["x"]\nevents = ["new"]\n'
        'config = "x"\n\n[push]\nlimit = 5\n'
    )
    result = probe()
    assert 2 == result.exit_code
    assert "canary" not in result.output
    expected = """\
error: vtex-tracking.toml: 13 to mend
- ratte: no such setting; did you mean rate?
- rate: '10' is not a rate; expected a number above 0 and a unit, such as 10/s or 600/min
- timeout: '60' is not a duration; expected a number and a unit, such as 500ms, 30s, 2m, 1h or 90d
- strict: 'yes' is not what it takes; expected true or false
- concurrency: True is not what it takes; expected text
- attempts: '2.5' is not a whole number of at least 1
- max_duration: given twice, with a dash and with an underscore; keep one
- format: 'xml' is not one of 'auto', 'ocoren', 'correios', 'correios-xml', 'intelipost', 'xlsx', 'jsonl', 'csv'.
- app-token: credentials never stand in this file; set VTEX_APP_KEY and VTEX_APP_TOKEN in the environment
- feeds: no such setting; see `vtex-tracking push --help`
- events: ['new'] is not what it takes; expected text
- config: no such setting; see `vtex-tracking push --help`
- push: no such setting; see `vtex-tracking push --help`
"""
    assert expected == result.stderr


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"rate = ", "error: bad.toml is not TOML: "),
        (b"rate = " + 5000 * b"9", "error: bad.toml is not TOML: "),
        (b'account = "\xe3"', "error: bad.toml: the settings file is not UTF-8 text"),
    ],
)
def test_a_file_that_is_no_toml_is_refused(content: bytes, expected: str, probe: Probe, folder: Path) -> None:
    """A file that cannot be read as it must is never passed over."""
    (folder / "bad.toml").write_bytes(content)
    result = probe("--config", "bad.toml")
    assert (2, True) == (result.exit_code, result.stderr.startswith(expected))


def test_a_named_file_that_is_not_there_is_refused(probe: Probe) -> None:
    """Only the file that nobody named may be missing."""
    result = probe("--config", "none.toml")
    assert (2, "error: none.toml: the settings file cannot be read: No such file or directory\n") == (
        result.exit_code,
        result.stderr,
    )


def test_help_does_not_need_a_good_file(folder: Path, probe: Probe) -> None:
    """Who has a wrong file can still read how to mend it."""
    (folder / "vtex-tracking.toml").write_text("nonsense")
    assert 0 == probe("--help").exit_code
