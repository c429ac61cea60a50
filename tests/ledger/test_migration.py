"""A ledger of an older version is brought to this one: whole or not at all, nothing of it lost, and the old one kept."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import killed_opening
import pytest
from attrs import evolve
from ledger_runs import (
    BAD_REQUEST,
    CONFIRMED,
    LEFT_FAILED,
    NOW_S,
    TIMED_OUT,
    UNREACHABLE,
    Opened,
    compared,
    defect,
    event,
    facts,
    open_run,
    push,
    rows,
)
from ledger_support import STANDING

from vtex_tracking.errors import LedgerError
from vtex_tracking.ledger.sqlite import care, schema
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.ledger.sqlite.history import find_run
from vtex_tracking.ledger.sqlite.posting import doubt_in_flight
from vtex_tracking.ledger.states import State
from vtex_tracking.model import TrackingEvent

LEFT: Final = (
    "answered",
    "doubted",
    "flying",
    "open",
    "thrice",
    "withdrawn",
)  # by a run that was killed, as it is numbered
FIRST_STEP: Final = "7e27a97335f5bb771c2638133bc2c640c515c69062d0a0690292caa5e1f48851"

# What JSON has to escape, and what it has not.
ODD: Final = [
    event("odd-01", text='"São\t\\Paulo",\n{"date":"\u2028😀/', is_delivered=True),
    evolve(
        event("odd-01", day=1, text=',{"city":'), city='"', state=",", is_delivered=True, delivered_date="2026-03-02"
    ),
    TrackingEvent(
        order_id="odd-01", invoice_number="1", is_delivered=True, delivered_date="2026-03-03 10:00", city="x"
    ),
]
OLD_FACTS: Final = """
INSERT INTO facts SELECT invoice_id, value ->> 'date', value ->> 'description', value ->> 'city', value ->> 'state',
    coalesce(value ->> 'isDelivered', 0), coalesce(value ->> 'deliveredDate', ''), coalesce(fact_runs ->> key, known_run_no)
FROM newer.invoices, json_each(facts)
"""

Rows = dict[str, list[tuple[object, ...]]]


def rows_in(path: Path) -> Rows:
    """Everything in the tables of a ledger, as another program reads it."""
    with closing(sqlite3.connect(path)) as sql:
        tables = sql.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
        return {table: sql.execute(f"SELECT * FROM {table}").fetchall() for (table,) in tables}  # noqa: S608


def kept(tables: Rows) -> Rows:
    """What every step leaves as it is; of an attempt that is the first columns, of the run's list all but when it was settled."""
    return tables | {
        "attempts": [row[:4] for row in tables["attempts"]],
        "run_invoices": [row[:13] for row in tables["run_invoices"]],
        "invoices": [(*row[:4], *row[5:]) for row in tables["invoices"]],
    }


def in_old_tables(now: Rows, old: Rows) -> Rows:
    """What is in these tables, where version 1 had it: a fact has been a row of its own."""
    if "facts" in now:
        return {table: now[table] for table in old}
    facts = [
        (row[0], *(fact[key] for key in ("date", "description", "city", "state")), *said_of(fact), run_no)
        for row in now["invoices"]
        for fact, run_no in zip(json.loads(str(row[19])), runs_of(row), strict=True)
    ]
    invoices = [row[:19] for row in now["invoices"]]
    return {table: now[table] for table in old.keys() - {"facts"}} | {"facts": sorted(facts), "invoices": invoices}


def said_of(fact: dict[str, Any]) -> tuple[int, str]:
    return int(fact.get("isDelivered", False)), fact.get("deliveredDate", "")


def runs_of(invoice: tuple[Any, ...]) -> list[int]:
    """The run that brought each of its facts."""
    facts, runs = invoice[19:21]
    return [invoice[11]] * len(json.loads(facts)) if runs is None else json.loads(runs)


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as sql:
        return int(sql.execute("PRAGMA user_version").fetchone()[0])


def copies_of(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir() if ".bak" in file.name)


# As version 1 kept what became of attempts: beside the invoice and in the run's list, at once.
AS_IT_WAS: Final = """
INSERT INTO run_invoices SELECT *, NULL FROM newer.run_invoices;
INSERT INTO attempts SELECT run_no, seq, number, started_s, CASE WHEN reason <> 'interrupted' THEN effect END,
    CASE WHEN reason <> 'interrupted' THEN coalesce(CAST(http_status AS TEXT), reason) END, latency_ms FROM newer.attempts;
UPDATE run_invoices SET outcome = coalesce(last.outcome, run_invoices.outcome), reason = last.reason,
    http_status = last.http_status, request_id = last.request_id, receipt = last.receipt, receipt_date = last.receipt_date,
    finished_s = CASE WHEN last.outcome IS NOT NULL THEN last.ended_s END
FROM (SELECT *, max(number) FROM newer.attempts WHERE effect IS NOT NULL GROUP BY run_no, seq) AS last
WHERE last.run_no = run_invoices.run_no AND last.seq = run_invoices.seq;
UPDATE run_invoices SET outcome = 'unknown' WHERE outcome = 'pending' AND run_no < (SELECT max(run_no) FROM runs) AND EXISTS (
    SELECT 1 FROM newer.attempts WHERE run_no = run_invoices.run_no AND seq = run_invoices.seq AND state = 'unknown');
UPDATE invoices SET state = coalesce(last.state, 'in_flight'), settled_s = coalesce(last.ended_s, settled_s),
    reason = coalesce(last.reason, invoices.reason), receipt = last.receipt, receipt_date = last.receipt_date,
    body = CASE WHEN last.state = 'sent' THEN NULL ELSE body END,
    confirmed_run_no = CASE WHEN last.state = 'sent' THEN known_run_no ELSE confirmed_run_no END
FROM (SELECT *, max(number) FROM newer.attempts JOIN newer.run_invoices USING (run_no, seq)
    WHERE run_no = (SELECT max(run_no) FROM runs) GROUP BY seq) AS last
WHERE last.invoice_id = invoices.invoice_id;
"""


def killed_run(ledger: LedgerFile) -> Opened:
    """A ledger with something of everything: two whole runs, and two that were killed, one of them just now."""
    push(ledger, *(event(f"{number}-01") for number in range(20)), defect())
    run = push(ledger, *ODD, event("3-01", day=2, is_delivered=True))
    for day in (1, 2):
        names = ("refused", "answered", "flying", "doubted", "thrice", "open", "withdrawn")
        run = open_run(ledger, *(event(f"{name}-01", day) for name in names), event("2-01", 1 + day))
        by_name = {due.update.key.order_id.removesuffix("-01"): due for due in run.due()}
        run.attempt(by_name["2"], CONFIRMED)
        run.attempt(by_name["refused"], BAD_REQUEST)
        run.attempt(by_name["answered"], evolve(TIMED_OUT, http_status=502, request_id="r-502", latency_ms=7))
        for name in ("answered", "flying", "withdrawn"):
            run.intend(by_name[name])
        run.withdraw(by_name["withdrawn"])
        run.attempt(by_name["doubted"], TIMED_OUT)
        for last in (TIMED_OUT, UNREACHABLE, LEFT_FAILED):
            run.attempt(by_name["thrice"], last)
    return run


@pytest.fixture
def old(path: Path) -> Rows:
    """A ledger of version 1 with something of everything in it; these are its rows."""
    newer = path.with_name("newer.db")
    with LedgerFile(newer) as ledger:
        killed_run(ledger)
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        sql.execute("PRAGMA journal_mode = WAL")
        sql.executescript(schema.STEPS[0])
        sql.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        sql.execute("PRAGMA user_version = 1")
        sql.execute("ATTACH ? AS newer", (str(newer),))
        for (table,) in sql.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'").fetchall():
            columns = ", ".join(row[1] for row in sql.execute(f"PRAGMA main.table_info({table})"))
            if table == "facts":
                sql.execute(OLD_FACTS)
            elif table not in {"run_invoices", "attempts"}:
                sql.execute(f"INSERT INTO {table} SELECT {columns} FROM newer.{table}")  # noqa: S608
        sql.executescript(AS_IT_WAS)
    newer.unlink()
    return rows_in(path)


# ---------------------------------------------------------------- brought to this version


def test_an_older_ledger_keeps_every_row_and_a_copy_of_it_stays_beside_it(path: Path, old: Rows) -> None:
    """It is of this version then, and whole; the copy is of the old one, for its owner alone."""
    with LedgerFile(path) as ledger:
        assert not ledger.is_new
        assert {"is in flight although no run is on"} == {text.split(": ")[1] for text in care.problems(ledger)}
    now = rows_in(path)
    assert schema.VERSION == version_of(path)
    assert (kept(old), {"warnings"}) == (kept(in_old_tables(now, old)), {"warnings"} & now.keys() - old.keys())
    copy = Path(f"{path}.v1.bak")
    assert [copy.name] == copies_of(path)
    assert (1, old) == (version_of(copy), rows_in(copy))
    assert 0o600 == stat.S_IMODE(copy.stat().st_mode)


@pytest.mark.usefixtures("old")
def test_an_older_ledger_goes_on_as_a_new_one_would(path: Path) -> None:
    """What its last run left goes first, and what is news of a known invoice is sent."""
    with LedgerFile(path) as ledger:
        run = push(ledger, event("1-01", day=2))
        sent = [(outcome.order_id, outcome.outcome.value) for outcome in run.history.outcomes()]
        assert [*((f"{name}-01", "sent") for name in LEFT), ("1-01", "sent")] == sent
        assert [] == list(care.problems(ledger))


@pytest.mark.usefixtures("old")
def test_an_older_ledger_says_the_same_of_its_runs(path: Path) -> None:
    """As one that was never of an older version: every outcome, every number, every doubt, and where each invoice stands."""
    told = []
    for place in (path, path.with_name("never-older.db")):
        with LedgerFile(place) as ledger:
            if place != path:
                killed_run(ledger)
            standing = sorted(rows(ledger, STANDING))
            doubt_in_flight(ledger, now_s=NOW_S + 9)
            runs = [find_run(ledger, run_id=f"run-{number}") for number in (1, 2, 3, 4)]
            numbers = [(run.counts(), run.traffic(), run.top_reasons()) for run in runs]
            known = rows(
                ledger, "SELECT state, settled_s, body, confirmed_run_no, receipt FROM invoices ORDER BY invoice_id"
            )
            doubts = rows(ledger, "SELECT * FROM ambiguities ORDER BY invoice_id, fingerprint")
            told.append((standing, [[*run.outcomes()] for run in runs], numbers, known, doubts))
    assert told[1] == told[0]


@pytest.mark.usefixtures("old")
def test_facts_are_kept_as_they_would_be_now(path: Path) -> None:
    """Letter for letter, in their order, with the run of each: what was sent is not sent once more."""
    with LedgerFile(path) as ledger, LedgerFile(None) as new:
        killed_run(new)
        assert facts(new) == facts(ledger)
        assert ["unchanged"] * 2 == [one.disposition for one in compared(ledger, *ODD, event("3-01"))]


@pytest.mark.usefixtures("old")
def test_the_copy_can_take_the_ledgers_place(path: Path) -> None:
    """Who goes back to the old ledger has it, and can be brought to this version from there again."""
    LedgerFile(path).close()
    Path(f"{path}.v1.bak").replace(path)
    with LedgerFile(path) as ledger:
        doubt_in_flight(ledger, now_s=0)
        assert [] == list(care.problems(ledger))


@pytest.mark.usefixtures("old")
def test_what_is_only_in_the_journal_is_in_the_copy_as_well(path: Path, tmp_path: Path) -> None:
    """An old ledger that nobody closed."""
    abandoned = tmp_path / "abandoned.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        sql.execute("INSERT INTO accounts VALUES ('mystore', 7.5)")
        for suffix in ("", "-wal"):
            Path(f"{abandoned}{suffix}").write_bytes(Path(f"{path}{suffix}").read_bytes())
    LedgerFile(abandoned).close()
    for kept in (abandoned, Path(f"{abandoned}.v1.bak")):
        assert [("mystore", 7.5)] == rows_in(kept)["accounts"]


@pytest.mark.usefixtures("old")
def test_a_new_ledger_takes_every_step(path: Path) -> None:
    """It does not differ from one that came by the old versions, and there is nothing to copy."""
    LedgerFile(path).close()
    new = path.with_name("new.db")
    for _ in range(2):
        LedgerFile(new).close()
    tables = []
    for ledger in (path, new):
        with closing(sqlite3.connect(ledger)) as sql:
            tables.append(sql.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall())
    assert tables[0] == tables[1]
    assert [f"{path.name}.v1.bak"] == copies_of(path)


def test_a_private_ledger_takes_every_step_as_well() -> None:
    """Without a file."""
    with LedgerFile(None) as ledger:
        assert [(schema.VERSION,)] == rows(ledger, "PRAGMA user_version")


def test_an_invoice_is_in_a_state_that_there_is(ledger: LedgerFile) -> None:
    """SQLite sees to it at every write, and makes no table of the states for that."""
    push(ledger, event())
    change = "UPDATE invoices SET state = 'in_flight'"
    assert not [step for step in rows(ledger, f"EXPLAIN {change} WHERE invoice_id = 1") if "Ephemeral" in str(step[1])]
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        ledger.sql.execute(change)
    for state in State:
        ledger.sql.execute("UPDATE invoices SET state = ?", (state,))


def test_a_step_that_was_released_stays_as_it_was() -> None:
    """Ledgers were made with it; what is to change goes into a new step."""
    assert FIRST_STEP == hashlib.sha256(schema.STEPS[0].encode()).hexdigest()


# ---------------------------------------------------------------- the copy


def test_an_older_copy_of_another_content_is_never_overwritten(path: Path, old: Rows) -> None:
    """The new one gets a name of its own."""
    names = [f"{path.name}.v1.bak", f"{path.name}.v1.2.bak"]
    for name in names:
        path.with_name(name).write_text(name)
    LedgerFile(path).close()
    assert names == [path.with_name(name).read_text() for name in names]
    assert sorted([*names, f"{path.name}.v1.3.bak"]) == copies_of(path)
    assert old == rows_in(path.with_name(f"{path.name}.v1.3.bak"))


@pytest.mark.usefixtures("old")
def test_a_copy_that_is_there_already_is_not_made_twice(path: Path) -> None:
    """As when a process was killed between the copy and the migration."""
    before = path.read_bytes()
    for _ in range(2):
        path.write_bytes(before)
        LedgerFile(path).close()
    assert [f"{path.name}.v1.bak"] == copies_of(path)


@pytest.mark.usefixtures("old")
def test_what_a_killed_process_left_of_a_copy_is_taken_away(path: Path, tmp_path: Path) -> None:
    """Also where somebody put a link in its place: it is not followed."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    Path(f"{path}.v1.bak.part").symlink_to(elsewhere)
    LedgerFile(path).close()
    assert ("theirs", [f"{path.name}.v1.bak"]) == (elsewhere.read_text(), copies_of(path))


@pytest.mark.usefixtures("old")
def test_a_copy_that_cannot_be_made_stops_everything(path: Path) -> None:
    """Exit code 8, and not a byte of the ledger is changed."""
    before = path.read_bytes()
    in_the_way = Path(f"{path}.v1.bak.part")
    in_the_way.mkdir()
    with pytest.raises(LedgerError, match="cannot be copied before it is brought to this one") as caught:
        LedgerFile(path)
    assert (8, before) == (caught.value.exit_code, path.read_bytes())
    in_the_way.rmdir()
    LedgerFile(path).close()


# ---------------------------------------------------------------- killed


def test_a_kill_at_any_step_leaves_the_old_ledger_or_the_new_one(path: Path, tmp_path: Path, old: Rows) -> None:
    """Before each step that SQLite takes on the disk; a row is never lost, and the next process ends with one copy."""
    folder = tmp_path / "killed"
    folder.mkdir()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, killed_opening.__file__, str(path), str(folder)]
    subprocess.run(command, check=True, env=environment)  # noqa: S603 - ourselves
    places = sorted((place / path.name for place in folder.iterdir()), key=lambda ledger: int(ledger.parent.name))
    versions = []
    for ledger in places:
        if ledger.parent.name in {"1", str(len(places) // 2), str(len(places) - 1)}:
            LedgerFile(ledger).close()
            assert [f"{path.name}.v1.bak"] == copies_of(ledger)
        now = rows_in(ledger)
        assert kept(old) == kept(in_old_tables(now, old))
        versions.append(version_of(ledger))
        assert (versions[-1] > 1) == ("warnings" in now)
    assert {1, schema.VERSION} == set(versions)
    assert len(places) > 20
