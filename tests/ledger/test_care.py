"""A ledger is whole, or says what is wrong with it; and forgets what it is told to."""

from __future__ import annotations

import pytest
from ledger_runs import (
    BAD_REQUEST,
    CONFIRMED,
    LEFT_FAILED,
    LEFT_UNKNOWN,
    NOW_S,
    TIMED_OUT,
    defect,
    event,
    open_run,
    push,
    rows,
)

from vtex_tracking.ledger.sqlite import care
from vtex_tracking.ledger.sqlite.connection import LedgerFile
from vtex_tracking.model import FeedWarning


def spoil(ledger: LedgerFile, statement: str) -> list[str]:
    ledger.sql.execute("PRAGMA foreign_keys = OFF")
    ledger.sql.execute(statement)
    return list(care.problems(ledger))


def whole(ledger: LedgerFile) -> None:
    """A run with something of everything."""
    run = open_run(ledger, *(event(name) for name in ("sent", "refused", "doubted", "left")), defect())
    sent, refused, doubted, _left = run.due()
    run.attempt(sent, TIMED_OUT)
    run.attempt(sent, CONFIRMED)
    run.attempt(refused, BAD_REQUEST)
    run.attempt(doubted, LEFT_UNKNOWN)
    run.finish()


def test_a_whole_ledger_has_no_problems(ledger: LedgerFile) -> None:
    """Whatever its invoices have come to."""
    assert [] == list(care.problems(ledger))
    whole(ledger)
    assert [] == list(care.problems(ledger))


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "INSERT INTO attempts (run_no, seq, number, started_s) VALUES (1, 4, 1, 0)",
            "order left, invoice 1: is in flight although",
        ),
        (
            "UPDATE invoices SET receipt = NULL WHERE order_id = 'sent'",
            "order sent, invoice 1: is sent without a receipt",
        ),
        (
            "UPDATE invoices SET body = x'00' WHERE order_id = 'sent'",
            "order sent, invoice 1: is sent and still has a body",
        ),
        (
            "UPDATE invoices SET body = NULL WHERE order_id = 'left'",
            "order left, invoice 1: waits to be sent and has no",
        ),
        (
            "UPDATE invoices SET state = 'unknown' WHERE order_id = 'left'",
            "order left, invoice 1: is unknown, and no doubt",
        ),
        ("DELETE FROM ambiguities", "order doubted, invoice 1: is unknown, and no doubtful attempt"),
        ("UPDATE invoices SET fingerprint = 'f' WHERE order_id = 'refused'", "its update is not what its facts say"),
        ("UPDATE invoices SET facts = '[]' WHERE invoice_id = 1", "its update is not what its facts say"),
        (
            """UPDATE invoices SET facts = replace(facts, '{', '{"isDelivered":true,') WHERE invoice_id = 1""",
            "its update is not what its facts say",
        ),
        ("UPDATE invoices SET facts = '[{}]' WHERE invoice_id = 1", "its update is not what its facts say"),
        ("UPDATE invoices SET facts = '[\"city\":1]' WHERE invoice_id = 1", "its update is not what its facts say"),
        ("INSERT INTO volumes VALUES (1, '1', '2026-03-01 10:00', '', 1, 0)", "its update is not what its facts say"),
        ("UPDATE runs SET records = records + 1", "run run-1: its accounts do not add up"),
        ("INSERT INTO defects VALUES (1, 99, 'x', '{}')", "run run-1: its accounts do not add up"),
        (
            "INSERT INTO run_invoices (run_no, seq, invoice_id, first_place, events, is_delivered) VALUES (1, 99, 1, '', 0, 0)",
            "run run-1: its accounts do not add up",
        ),
        ("INSERT INTO volumes VALUES (99, '1', '', '', 0, 0)", "a row of volumes belongs to nothing"),
        ("UPDATE run_invoices SET invoice_id = 99 WHERE seq = 4", "a row of run_invoices belongs to nothing"),
    ],
)
def test_each_damage_is_found(ledger: LedgerFile, statement: str, problem: str) -> None:
    """A sentence that names whose it is."""
    whole(ledger)
    (found,) = spoil(ledger, statement)
    assert problem in found


def test_a_damaged_index_is_found(ledger: LedgerFile) -> None:
    """SQLite's own check is part of ours."""
    whole(ledger)
    ledger.sql.execute("PRAGMA writable_schema = ON")
    ledger.sql.execute(
        "UPDATE sqlite_schema SET sql = replace(sql, 'is_delivered INTEGER NOT NULL', 'is_delivered TEXT NOT NULL')"
        " WHERE name = 'invoices'"
    )
    ledger.sql.execute("PRAGMA writable_schema = RESET")
    assert any("the file is damaged: " in problem for problem in care.problems(ledger))


def test_forgetting_takes_all_that_is_known_of_an_invoice(ledger: LedgerFile) -> None:
    """Its facts, doubts, attempts and lines in reports; what is not settled stays whatever is asked."""
    whole(ledger)

    def forgotten(order_id: str, *, invoice_number: str | None = None, account: str = "mystore") -> int:
        return care.forget(ledger, account=account, order_id=order_id, invoice_number=invoice_number, before_s=None)

    assert (0, 0) == (forgotten("sent", account="otherstore"), forgotten("sent", invoice_number="2"))
    assert (0, 0) == (forgotten("doubted"), forgotten("left"))
    assert (1, 1) == (forgotten("sent", invoice_number="1"), forgotten("refused"))
    left = [(1,), (2,)]  # invoices are numbered as they are gathered: by name
    assert left == rows(ledger, "SELECT invoice_id FROM invoices")
    assert left == rows(ledger, "SELECT invoice_id FROM run_invoices")
    assert [(3, 1)] == rows(ledger, "SELECT seq, number FROM attempts")
    assert [(1,)] == rows(ledger, "SELECT invoice_id FROM ambiguities")
    assert [(1,)] == rows(ledger, "SELECT count(*) FROM defects")
    assert [] == list(care.problems(ledger))


def test_forgetting_by_age_takes_what_was_settled_before_and_old_defects_and_warnings(ledger: LedgerFile) -> None:
    """What is as old as asked for stays."""
    for name, now_s in (("old", NOW_S - 10), ("new", NOW_S)):
        run = push(ledger, event(name), defect(), now_s=now_s)
        run.history.keep_warnings([FeedWarning(code="odd", place=f"{name}.csv", problem="is odd")])

    def forgotten(before_s: float, *, order_id: str | None = None) -> int:
        return care.forget(ledger, account="mystore", order_id=order_id, invoice_number=None, before_s=before_s)

    assert (0, 0) == (forgotten(NOW_S - 10), forgotten(NOW_S, order_id="new"))
    assert [(2, 2)] == rows(ledger, "SELECT count(*), (SELECT count(*) FROM warnings) FROM defects")
    assert 1 == forgotten(NOW_S)
    assert [("new",)] == rows(ledger, "SELECT order_id FROM invoices")
    assert [(2, 2)] == rows(ledger, "SELECT defects.run_no, warnings.run_no FROM defects, warnings")
    assert [] == list(care.problems(ledger))


def test_what_is_forgotten_is_new_when_it_is_said_again(ledger: LedgerFile) -> None:
    """And what was left unsettled is still sent."""
    push(ledger, event())
    push(ledger, event("left"), settlement=LEFT_FAILED)
    care.forget(ledger, account="mystore", order_id="1-01", invoice_number=None, before_s=None)
    assert ["left", "1-01"] == [due.update.key.order_id for due in open_run(ledger, event()).due()]


def test_volumes_are_forgotten_with_their_invoice(ledger: LedgerFile) -> None:
    """Said again, one volume that is delivered is all that is known."""
    push(ledger, event(is_delivered=True, volume="1", volumes=2), event("2-01", volume="1"))
    care.forget(ledger, account="mystore", order_id="1-01", invoice_number=None, before_s=None)
    assert [("2-01", "1")] == rows(ledger, "SELECT order_id, volume FROM volumes JOIN invoices USING (invoice_id)")
    (due,) = open_run(ledger, event(is_delivered=True, volume="2")).due()
    assert due.update.is_delivered


def test_forgetting_looks_for_references_by_an_index(ledger: LedgerFile) -> None:
    """Each invoice that goes asks whether something refers to it: never by reading a whole table."""
    references = "sqlite_schema AS tables JOIN pragma_foreign_key_list(tables.name) AS reference"
    found = rows(ledger, f"SELECT DISTINCT tables.name FROM {references} WHERE reference.\"table\" = 'invoices'")  # noqa: S608
    referring = [name for (name,) in found]
    assert "ambiguities" in referring
    for table in referring:
        ((*_, plan),) = rows(ledger, f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE invoice_id = 1")  # noqa: S608
        assert str(plan).startswith("SEARCH"), plan
