"""A mapping file says which header holds which field, and is refused with all its faults at once."""

from __future__ import annotations

import pytest

from vtex_tracking.errors import SettingsError
from vtex_tracking.feed import read_mapping


def test_a_mapping_is_a_table_of_columns() -> None:
    """An empty header says that there is no such column."""
    text = '[columns]\norder_id = "Ref. do cliente"\ndescription = ""\ncity = ""\n'
    assert {"order_id": "Ref. do cliente", "description": "", "city": ""} == read_mapping(text, name="map.toml")


def test_an_empty_file_maps_nothing() -> None:
    """Everything is found by its known names then."""
    assert {} == read_mapping("", name="map.toml")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[columns", ["is not TOML"]),
        ("columns = 1", ["is no table"]),
        ("a = " + "1" * 5000, ["is not TOML"]),
        ("a = " + "[" * 5000, ["is not TOML"]),
        (
            '[columns]\norder = "A"\ncity = 1\ndate = "X"\ntime = "x."\n[values]\na = 1',
            [
                '"values" is not known',
                '"order" is no field; expected one of order_id',
                'for "city" is no text',
                "both date and time",
            ],
        ),
    ],
)
def test_faults_of_a_mapping_are_named_together(text: str, problems: list[str]) -> None:
    """With the file that has them."""
    with pytest.raises(SettingsError) as caught:
        read_mapping(text, name="map.toml")
    assert str(caught.value).startswith("map.toml")
    for problem in problems:
        assert problem in str(caught.value)
