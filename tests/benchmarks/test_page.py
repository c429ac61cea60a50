"""What the benchmarks write: results, tables, and the parts of a page."""

from __future__ import annotations

from pathlib import Path

import bench
import pytest
from attrs import evolve
from bars import BARS, Judged
from bench import PAGE, SUITES
from figures import OURS, Figure, Options
from page import fill
from results import Machine, Result, read_results, this_machine, write_results
from suites import limit, pace, push
from tables import bar_table, result_tables

MACHINE = Machine(processor="a chip", cores=2, system="an OS", python="a Python", versions={"sqlite": "3"})
FIGURE = Figure(
    suite="push", case="one", subject=OURS, quantity="requests/s", values=(900.0, 1000.0, 1100.0), command="do it"
)
RESULT = Result(
    command="make bench",
    machine=MACHINE,
    figures=(FIGURE, evolve(FIGURE, subject="peer", values=(450.0, 500.0, 550.0))),
)


def test_results_come_back_as_they_were(tmp_path: Path) -> None:
    """Every value of every round; and no file is no results."""
    path = tmp_path / "build" / "bench.json"
    assert {} == read_results(path)
    results = {"push": evolve(RESULT, machine=this_machine())}
    write_results(path, results)
    assert results == read_results(path)


def test_a_table_compares() -> None:
    """A line for each, with the command above and the ratio at the end."""
    lines = result_tables(RESULT).splitlines()
    assert "`make bench`, on 2 cores (a chip), an OS, a Python, sqlite 3" == lines[0]
    assert "**one**, 3 rounds; one alone: `do it`" == lines[2]
    assert ["| vtex_tracking | 1,000 (±10 %) | 1.00 |", "| peer | 500 (±10 %) | 2.00 |"] == lines[-2:]


def test_a_single_value_has_no_spread() -> None:
    """Nobody knows it."""
    figure = evolve(FIGURE, values=(900.0,))
    lines = result_tables(evolve(RESULT, figures=(figure,))).splitlines()
    assert ("**one**, 1 round; one alone: `do it`", "| vtex_tracking | 900 | 1.00 |") == (lines[2], lines[-1])


def test_cases_that_were_not_measured_again_stay() -> None:
    """In the order of their size; but not those of another machine."""

    def of(*cases: str, machine: Machine = MACHINE) -> Result:
        return evolve(RESULT, machine=machine, figures=tuple(evolve(FIGURE, case=case) for case in cases))

    both = of("100,000 records", "5,000,000 records")
    assert both == of("5,000,000 records").beside(of("100,000 records"))
    assert both == both.beside(both) == both.beside(None)
    other = evolve(MACHINE, cores=4)
    assert of("5,000,000 records") == of("5,000,000 records").beside(of("100,000 records", machine=other))


def test_a_case_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    """By the beginning of its name, where a suite has cases."""
    chosen = Options(of_case="100 ms, 256").choose(all_of=push.ALL, keys=push.KEYS, quick=push.QUICK)
    assert ["100 ms, 256 in flight"] == [case.name for case in chosen]
    assert push.INVOICES_MAX == chosen[0].invoices
    with pytest.raises(SystemExit):
        bench.main(["--suite", "limit", "--case", "100"])
    assert "name one with --suite" in capsys.readouterr().err


def test_nothing_is_compared_with_nothing() -> None:
    """A peer that needed none of it has no ratio."""
    none = evolve(FIGURE, subject="peer", values=(0.0, 0.0, 0.0))
    assert "| peer | 0 (±0 %) |  |" == result_tables(evolve(RESULT, figures=(FIGURE, none))).splitlines()[-1]


def test_a_bar_has_a_line() -> None:
    """What is asked, what was found, and what is to be said of it."""
    line = bar_table([Judged(bar=BARS[0], value=0.5, baseline=0.6)]).splitlines()[-1]
    assert f"| {BARS[0].says} | at least 0.6 | 0.5 | 0.6 | not met yet |" == line


def test_a_part_is_filled_again_and_again() -> None:
    """What stood there goes, what is around it stays; a part that is not there is an error."""
    page = "a\n<!-- bars, written by make bench -->\nold\n<!-- end of bars -->\nb\n"
    filled = fill(page, part="bars", text=r"new \1")
    assert "a\n<!-- bars, written by make bench -->\nnew \\1\n<!-- end of bars -->\nb\n" == filled
    assert filled == fill(filled, part="bars", text=r"new \1")
    with pytest.raises(ValueError, match="0 parts"):
        fill(page, part="push", text="")


def test_the_page_has_a_part_for_every_suite() -> None:
    """And each suite is a file."""
    page = PAGE.read_text(encoding="utf-8")
    for part in ("bars", *SUITES):
        assert f"-->\n{part}" in fill(page, part=part, text=part)
    files = (Path(bench.__file__).parent / "suites").glob("*.py")
    assert set(SUITES) == {path.stem for path in files}


def test_a_check_measures_what_the_bars_are_about() -> None:
    """At full size; a quick look has the same cases of a push, smaller."""
    options = Options(is_check=True, is_quick=True)
    keys = options.choose(all_of=push.ALL, keys=push.KEYS, quick=push.QUICK)
    asked = {(of.case, of.subject) for bar in BARS for of in (bar.of, bar.beside) if of and of.suite == "push"}
    assert asked == {(case.name, subject) for case in keys for subject in case.subjects}
    assert {case.name for case in push.QUICK} == {case.name for case in keys} < {case.name for case in push.ALL}
    assert {case.name for case in pace.ALL} >= {bar.of.case for bar in BARS if bar.of.suite == "pace"}


def test_every_peer_is_a_file() -> None:
    """Each that a suite names is in the folder, and the other way round."""
    peers = {peer.peer for peer in push.PEERS.values()} | {*pace.PEERS.values(), *limit.PEERS.values()}
    assert peers == {path.stem for path in (Path(bench.__file__).parent / "peers").glob("*.py")}


def test_a_quick_look_is_not_for_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """It is too small to be shown."""
    with pytest.raises(SystemExit):
        bench.main(["--quick", "--write"])
    assert "not for the page" in capsys.readouterr().err
