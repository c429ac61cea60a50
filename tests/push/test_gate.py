"""The gate: one suspect, one probe, and whose word counts."""

from __future__ import annotations

import asyncio

from push_support import due
from virtual_time import in_virtual_time

from vtex_tracking.push.gate import Finding, Gate

SUSPECT, PROBE, OTHER, LATER = (due(seq) for seq in range(1, 5))


def arrivals(gate: Gate, *, stopping: asyncio.Event | None = None) -> list[asyncio.Task[None]]:
    """Three updates that come to the gate, in this order."""
    event = stopping or asyncio.Event()
    return [asyncio.create_task(gate.enter(update, stopping=event)) for update in (PROBE, OTHER, LATER)]


async def entered(tasks: list[asyncio.Task[None]]) -> list[bool]:
    """Which of them are through."""
    for _ in range(5):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


@in_virtual_time
async def test_an_open_gate_holds_nobody() -> None:
    """As long as nothing is refused everybody passes at once."""
    assert [True, True, True] == await entered(arrivals(Gate()))


@in_virtual_time
async def test_a_closed_gate_lets_one_through() -> None:
    """The first to come is the probe; its word lets everybody pass and settles the suspect's own fault."""
    gate, stopping = Gate(), asyncio.Event()
    gate.refused(SUSPECT)
    tasks = arrivals(gate)
    finding = asyncio.create_task(gate.finding(SUSPECT, stopping=stopping))
    assert [True, False, False] == await entered(tasks)
    assert (True, False) == (gate.admits(PROBE), gate.admits(OTHER))
    gate.answered(PROBE, has_spoken=True)
    assert [True, True, True] == await entered(tasks)
    assert Finding.UPDATE_REFUSED is await finding


@in_virtual_time
async def test_a_probe_without_a_word_makes_room_for_the_next() -> None:
    """Whether it was not answered or went away, another is the probe, and one only."""
    gate = Gate()
    gate.refused(SUSPECT)
    tasks = arrivals(gate)
    await entered(tasks)
    gate.answered(PROBE, has_spoken=False)
    assert [True, True, False] == await entered(tasks)
    gate.left(OTHER)
    assert [True, True, True] == await entered(tasks)
    assert gate.admits(LATER)
    assert not gate.admits(OTHER)


@in_virtual_time
async def test_only_the_probes_word_counts() -> None:
    """An answer to what was under way before opens nothing, nor does its going."""
    gate = Gate()
    gate.refused(SUSPECT)
    tasks = arrivals(gate)
    await entered(tasks)
    gate.answered(due(9), has_spoken=True)
    gate.left(due(9))
    assert [True, False, False] == await entered(tasks)
    gate.give_up()
    gate.answered(PROBE, has_spoken=False)
    await entered(tasks)
    gate.left(OTHER)
    assert [True, True, True] == await entered(tasks)


@in_virtual_time
async def test_a_second_refusal_is_the_keys() -> None:
    """Both who were refused are told so."""
    gate, stopping = Gate(), asyncio.Event()
    gate.refused(SUSPECT)
    gate.refused(PROBE)
    assert Finding.KEYS_REFUSED is await gate.finding(PROBE, stopping=stopping)
    assert Finding.KEYS_REFUSED is await gate.finding(SUSPECT, stopping=stopping)


@in_virtual_time
async def test_a_new_suspicion_begins_anew() -> None:
    """Who was cleared of one suspicion leaves no trace for the next."""
    gate, stopping = Gate(), asyncio.Event()
    gate.refused(SUSPECT)
    await gate.enter(PROBE, stopping=stopping)
    gate.answered(PROBE, has_spoken=True)
    gate.refused(OTHER)
    assert Finding.UPDATE_REFUSED is await gate.finding(SUSPECT, stopping=stopping)
    assert not gate.admits(PROBE)
    gate.give_up()
    assert Finding.KEYS_REFUSED is await gate.finding(OTHER, stopping=stopping)


@in_virtual_time
async def test_giving_up_without_a_suspect_is_nothing() -> None:
    """An open gate stays open."""
    gate = Gate()
    gate.give_up()
    assert gate.admits(OTHER)


@in_virtual_time
async def test_a_stop_lets_everybody_go() -> None:
    """Nobody waits at the gate for a run that is over, and the suspicion stays undecided."""
    gate, stopping = Gate(), asyncio.Event()
    gate.refused(SUSPECT)
    tasks = arrivals(gate, stopping=stopping)
    finding = asyncio.create_task(gate.finding(SUSPECT, stopping=stopping))
    await entered(tasks)
    stopping.set()
    gate.wake()
    assert [True, True, True] == await entered(tasks)
    assert Finding.UNDECIDED is await finding
