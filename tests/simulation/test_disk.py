"""The disk under a simulation: what a kill leaves, and what a power cut leaves."""

import random
import sqlite3
from pathlib import Path

import pytest
from simulation_disk import Disk


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - chance of a test, not a secret


def _write(disk: Disk, *, durability: str) -> sqlite3.Connection:
    """Two commits; only of the first is it known that it is done."""
    disk.ledger.parent.mkdir()
    sql = sqlite3.connect(disk.ledger, isolation_level=None)
    disk.connected(sql)
    sql.execute("PRAGMA locking_mode = EXCLUSIVE")
    sql.execute("PRAGMA journal_mode = WAL")
    sql.execute(f"PRAGMA synchronous = {durability}")
    sql.execute("CREATE TABLE facts (fact TEXT)")
    sql.execute("INSERT INTO facts VALUES ('known')")
    disk.committed()
    sql.execute("INSERT INTO facts VALUES ('not known')")
    return sql


def _facts(ledger: Path) -> list[str]:
    if not ledger.exists():
        return []
    sql = sqlite3.connect(ledger)
    try:
        return [fact for (fact,) in sql.execute("SELECT fact FROM facts")]
    except sqlite3.OperationalError:
        return []  # not even the table
    finally:
        sql.close()


def test_a_kill_loses_nothing_that_was_written(tmp_path: Path) -> None:
    """What a process handed to the system is there when it is gone."""
    disk = Disk(tmp_path, chance=_chance(1))
    sql = _write(disk, durability="NORMAL")
    disk.kill()
    sql.close()
    assert ["known", "not known"] == _facts(disk.ledger)


@pytest.mark.parametrize("seed", range(20))
def test_a_power_cut_spares_what_is_known_to_be_synced(tmp_path: Path, seed: int) -> None:
    """With synchronous = FULL a commit that has returned stays, whatever becomes of the next one."""
    disk = Disk(tmp_path, chance=_chance(seed))
    sql = _write(disk, durability="FULL")
    disk.cut_power()
    sql.close()
    assert "known" == _facts(disk.ledger)[0]


def test_a_power_cut_takes_what_was_not_synced(tmp_path: Path) -> None:
    """A commit in doubt may be lost or kept, and with synchronous = NORMAL one that has returned as well."""
    left: dict[str, set[int]] = {"FULL": set(), "NORMAL": set()}
    for durability, counts in left.items():
        for seed in range(20):
            disk = Disk(tmp_path / f"{durability}-{seed}", chance=_chance(seed))
            disk.ledger.parents[1].mkdir()
            sql = _write(disk, durability=durability)
            disk.cut_power()
            sql.close()
            counts.add(len(_facts(disk.ledger)))
    assert {"FULL": {1, 2}, "NORMAL": {0, 1, 2}} == left
