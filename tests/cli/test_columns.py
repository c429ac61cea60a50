"""`vtex-tracking columns`: how a feed is understood, shown and written."""

from __future__ import annotations

import json
import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from vtex_tracking.cli.options import FORMATS
from vtex_tracking.cli.surveying import lines_of
from vtex_tracking.cli.terminal import line_width
from vtex_tracking.feed.formats import registry as formats
from vtex_tracking.surveying import survey_feed

Invoke = Callable[..., Result]

FEED = "Pedido;NF;Data;Status;Motorista\n1-01;0001;05/03/2026;Saiu;Zé\n2-01;0002;06/03/2026;Entregue;Zé\n"


@pytest.fixture
def path(folder: Path) -> Path:
    path = folder / "feed.csv"
    path.write_text(FEED)
    return path


def test_the_columns_are_shown_with_their_fields(invoke: Invoke, path: Path) -> None:
    """What was understood stands above, what was not below."""
    result = invoke("columns", path.name)
    assert 0 == result.exit_code, result.output
    expected = """\
feed.csv: csv, utf-8, delimiter ';'; 2 records read
dates look like 99/99/9999 (9 is a digit)

Fields:
  order_id         Pedido     1-01 · 2-01
  invoice_number   NF         0001 · 0002
  date             Data       05/03/2026 · 06/03/2026
  description      Status     Saiu · Entregue

Nothing is read from:
                   Motorista  Zé
"""
    assert expected == result.stdout


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_feed_gives_a_terminal_nothing_to_obey(form: tuple[str, ...], invoke: Invoke, path: Path) -> None:
    """Neither its values nor the names of its columns."""
    path.write_text(FEED.replace("Zé", "Z\x9b31mé").replace("Motorista", "Motor\u202eista"), encoding="utf-8")
    result = invoke("columns", path.name, *form)
    assert 0 == result.exit_code
    assert result.stdout.replace("\n", "").isprintable()


def test_defects_and_doubts_are_shown(invoke: Invoke, path: Path) -> None:
    """A person is needed, so it ends with 3 as a push would."""
    path.write_text("Pedido;Data;Status;Cód. Ocorrência\n1-01;x;Saiu;01\n")
    result = invoke("columns", path.name)
    assert 3 == result.exit_code
    for text in ("The first defects:", "is empty; every record needs one", "no column for invoice_number", "codes: 01"):
        assert text in result.stdout


def test_a_terminal_gets_no_line_that_it_would_break(
    monkeypatch: pytest.MonkeyPatch, path: Path, invoke: Invoke
) -> None:
    """Samples end at its edge; what is no terminal gets them whole."""
    path.write_text("Pedido;NF;Data;Status\n1-01;0001;05/03/2026;" + "a" * 70 + "\n")
    assert f"description      Status  {'a' * 70}\n" in invoke("columns", path.name).stdout
    monkeypatch.setenv("COLUMNS", "60")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        assert 60 == line_width()
        [survey] = survey_feed(path.name)
        for line in lines_of(survey, width=line_width()):
            assert len(line) <= 60
            assert "aaa" not in line or line.endswith("a…")
    os.close(ours)


def test_the_forms_of_dates_are_no_more_than_a_line(invoke: Invoke, path: Path) -> None:
    """A column of texts that is taken for dates would be a page of them."""
    rows = "".join(f"1-01;1;{'x' * number};Saiu\n" for number in range(1, 8))
    path.write_text(f"Pedido;NF;Data;Status\n{rows}")
    assert "dates look like x, xx, xxx, xxxx, xxxxx, … (9 is a digit)" in invoke("columns", path.name).stdout


def test_what_was_read_in_a_way_of_its_own_is_said(invoke: Invoke, path: Path) -> None:
    """Such as lines that are not in the encoding of the others; what is unused is listed already."""
    path.write_bytes("Pedido;NF;Data;Status;Motorista\n1-01;0001;05/03/2026;Não;Zé\n".encode("cp1252"))
    shown = invoke("columns", path.name).stdout
    assert "To know:\n  feed.csv: 1 lines are not UTF-8 and were read as cp1252\n" in shown
    assert 1 == shown.count("Motorista")


def test_the_same_is_json_for_programs(invoke: Invoke, path: Path) -> None:
    """With every field under its own name."""
    [survey] = json.loads(invoke("columns", "--json", path.name).stdout)
    assert {"name": "NF", "field": "invoice_number", "samples": ["0001", "0002"]} == survey["columns"][1]
    assert (2, True) == (survey["info"]["records"], survey["is_whole"])


def test_a_mapping_is_written_and_taken_again(invoke: Invoke, path: Path, folder: Path) -> None:
    """So that who edits it begins with what works; a file that is there is left alone."""
    assert 0 == invoke("columns", path.name, "--write", "carrier.toml").exit_code
    written = (folder / "carrier.toml").read_text()
    assert 'order_id = "Pedido"  # 1-01, 2-01' in written
    result = invoke("columns", path.name, "--write", "carrier.toml")
    assert (2, written) == (result.exit_code, (folder / "carrier.toml").read_text())
    assert "carrier.toml is there already" in result.stderr
    (folder / "carrier.toml").write_text(written.replace('# city = ""', 'city = "Motorista"'))
    assert "city             Motorista  Zé" in invoke("columns", path.name, "--map", "carrier.toml").stdout


def test_a_mapping_that_cannot_be_written_says_why(invoke: Invoke, path: Path) -> None:
    """Nothing else was asked for."""
    result = invoke("columns", path.name, "--write", "no/where.toml")
    assert 2 == result.exit_code
    assert "no/where.toml: the mapping cannot be written" in result.stderr


def test_a_feed_from_a_pipe_is_shown_too(invoke: Invoke) -> None:
    """As everywhere, `-` is standard input."""
    assert "-: csv, utf-8" in invoke("columns", "-", stdin=FEED).stdout


@pytest.mark.parametrize(("name", "code"), [("ocoren", "01"), ("correios", "BDE 01"), ("intelipost", "DELIVERED")])
def test_a_mapping_of_ours_is_named(invoke: Invoke, path: Path, name: str, code: str) -> None:
    """It brings a carrier's codes to any table."""
    path.write_text(f"Pedido;NF;Data;Cód. Ocorrência\n1-01;0001;05/03/2026;{code}\n")
    plan = json.loads(invoke("plan", path.name, "--account", "mystore", "--map", name, "--json").stdout)
    assert json.loads(plan["first_updates"][0]["body"])["isDelivered"]


def test_a_mapping_of_the_users_own_is_named(invoke: Invoke, path: Path) -> None:
    """It stands in the user's configuration folder, and goes before ours."""
    maps = Path(os.environ["XDG_CONFIG_HOME"]) / "vtex-tracking" / "maps"
    maps.mkdir(parents=True)
    (maps / "ocoren.toml").write_text('[columns]\ncity = "Motorista"\n')
    assert "city             Motorista  Zé" in invoke("columns", path.name, "--map", "ocoren").stdout


def test_a_mapping_that_is_nowhere_names_those_that_are(invoke: Invoke, path: Path) -> None:
    """And where the user's own would be looked for."""
    result = invoke("columns", path.name, "--map", "nowhere")
    assert 2 == result.exit_code
    assert "nowhere: the mapping cannot be found" in result.stderr
    assert "vtex-tracking/maps" in result.stderr
    assert "correios, intelipost, ocoren" in result.stderr


def test_the_formats_of_help_are_those_there_are() -> None:
    """They stand in two places, and this holds them equal."""
    assert {"auto", *formats.FORMATS} == set(FORMATS)


def test_orders_are_looked_up_in_a_map(invoke: Invoke, path: Path, folder: Path) -> None:
    """As a push would."""
    path.write_text("NF;Data;Status\n643797;05/03/2026;Saiu\n")
    (folder / "map.csv").write_text("order_id,invoice_number\n1-01,00643797\n")
    result = invoke("columns", path.name, "--invoices", "map.csv")
    assert (0, False) == (result.exit_code, "defects" in result.stdout)
