"""The network under a simulation: bytes come late, in order, and to an end."""

import asyncio
import random

import pytest
from simulation_loop import SimulatedLoop
from simulation_network import Network
from simulation_roads import Roads
from virtual_time import run


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - chance of a test, not a secret


class _Ear(asyncio.Protocol):
    """Writes down what it hears; answers nothing."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard.append(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.heard.append(type(error))


def _joined(network: Network) -> tuple[_Ear, _Ear]:
    near, far = _Ear(), _Ear()
    network.listen(lambda: far)
    network.connect(lambda: near)
    return near, far


def test_bytes_come_in_order_and_then_the_end() -> None:
    """What was written before a close arrives before it."""

    async def main() -> None:
        near, far = _joined(Network(chance=_chance(1)))
        for number in range(50):
            near.transport.write(b"%d" % number)
        near.transport.close()
        near.transport.write(b"too late")
        await asyncio.sleep(1)
        assert [*(b"%d" % number for number in range(50)), type(None)] == far.heard
        assert [type(None)] == near.heard

    run(main(), loop_factory=SimulatedLoop)


def test_who_writes_to_a_closed_end_is_reset() -> None:
    """A connection that one side has closed answers the other's bytes with a reset."""

    async def main() -> None:
        near, far = _joined(Network(chance=_chance(1)))
        far.transport.close()
        near.transport.write(b"hello")
        await asyncio.sleep(1)
        assert [type(None)] == far.heard
        assert near.heard in ([type(None)], [ConnectionResetError])

    run(main(), loop_factory=SimulatedLoop)


def test_a_road_that_breaks_resets_both_ends() -> None:
    """A part of what was written arrives, then both sides lose the connection."""

    async def main() -> None:
        network = Network(chance=_chance(1))
        network.roads = Roads(broken_there=1.0)
        near, far = _joined(network)
        near.transport.write(bytes(1000))
        await asyncio.sleep(1)
        *parts, error = far.heard
        assert ConnectionResetError is error
        assert 0 < sum(len(part) for part in parts if isinstance(part, bytes)) < 1000
        assert [ConnectionResetError] == near.heard

    run(main(), loop_factory=SimulatedLoop)


def test_a_dead_client_sends_nothing_more() -> None:
    """What left before the cut arrives, nothing after it, and nobody can connect until the network is restored."""

    async def main() -> None:
        network = Network(chance=_chance(1))
        near, far = _joined(network)
        near.transport.write(b"before")
        network.cut_off()
        near.transport.write(b"after")
        with pytest.raises(ConnectionRefusedError):
            await network.dial()
        await asyncio.sleep(1)
        assert [b"before", ConnectionResetError] == far.heard
        network.restore()
        await network.dial()

    run(main(), loop_factory=SimulatedLoop)
