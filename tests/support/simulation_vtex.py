"""VTEX in a simulation: the sandbox's decisions behind aiohttp's server, and requests that it takes and applies late."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from aiohttp import web
from simulation_feed import Key, Said
from simulation_network import Network
from simulation_story import Weather

from vtex_tracking.sandbox import FaultRule, LoggedRequest
from vtex_tracking.sandbox.account import Account, Received, Reply
from vtex_tracking.sandbox.orders import Orders
from vtex_tracking.sandbox.request_log import RequestLog
from vtex_tracking.sandbox.server import _send
from vtex_tracking.settings import Rate

LATE_S_MAX: Final = 115.0  # VTEX applies a request within the quiet period after it was given up, or never
_GIVEN_UP_AT_ONCE: Final = 0.6  # share of the late ones whose client is told so
_SHUTDOWN_S: Final = 1.0


class Vtex:
    """Keeps what invoices were told for as long as the simulation lasts; the weather changes over it."""

    def __init__(
        self,
        network: Network,
        *,
        credentials: tuple[str, str],
        chance: random.Random,
        wall_s: Callable[[], float],
        keepalive_s: float,
        on_decided: Callable[[LoggedRequest, str | None], None],
    ) -> None:
        self._network = network
        self._credentials = credentials
        self._chance = chance
        self._wall_s = wall_s
        self._on_decided = on_decided
        self._loop = asyncio.get_running_loop()
        self._orders = Orders(None, is_appending=False)
        self._log = RequestLog(None)
        self._late = 0.0
        self._server = web.Server(
            self._handle, handler_cancellation=True, access_log=None, keepalive_timeout=keepalive_s
        )
        network.listen(self._server)

    def change(self, weather: Weather) -> None:
        """Let this be how things are from now on."""
        key, token = self._credentials
        self._network.roads = weather.roads
        self._late = weather.late
        self._account = self._made(
            (key, "another" if weather.are_keys_refused else token), limit=weather.limit, faults=weather.rules
        )
        self._behind = self._made((key, token), limit=None, faults=())

    def _made(self, credentials: tuple[str, str], *, limit: Rate | None, faults: Sequence[FaultRule]) -> Account:
        return Account(
            name="sandbox",
            credentials=credentials,
            orders=self._orders,
            limit=limit,
            latency_s=0.0,
            faults=faults,
            log=self._log,
        )

    def held(self) -> Mapping[Key, Said]:
        """What each invoice was told last."""
        return {
            (order_id, number): Said(
                is_delivered=package.is_delivered,
                delivered_date=package.delivered_date,
                events=tuple(sorted((event.date, event.description) for event in package.events)),
            )
            for order_id, packages in self._orders.packages.items()
            for number, package in packages.items()
        }

    async def close(self) -> None:
        """Let go of every connection."""
        await self._server.shutdown(_SHUTDOWN_S)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        received = Received(
            method=request.method, target=request.raw_path, headers=request.headers, body=await request.read()
        )
        decided: asyncio.Future[Reply] = self._loop.create_future()
        if self._chance.random() < self._late:
            late_s = self._chance.uniform(0.5, LATE_S_MAX)
            self._loop.call_later(late_s, self._decide, self._behind, received, decided)
            if self._chance.random() < _GIVEN_UP_AT_ONCE:
                return web.Response(status=504)
        else:
            self._decide(self._account, received, decided)
        reply = await decided
        await asyncio.sleep(reply.delay_s)
        return await _send(reply, request)

    def _decide(self, account: Account, received: Received, decided: asyncio.Future[Reply]) -> None:
        at = datetime.fromtimestamp(self._wall_s(), UTC)
        reply = account.reply(received, at_s=self._loop.time(), at=at)
        self._on_decided(self._log.requests[-1], _receipt_in(reply.answer.body))
        if not decided.done():
            decided.set_result(reply)


def _receipt_in(body: bytes) -> str | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document.get("receipt") if isinstance(document, dict) else None
