"""What is next: read from the book, its intents made durable, and put in line, a group at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vtex_tracking.errors import LedgerError
from vtex_tracking.model import Due
from vtex_tracking.push.book import Book, due_pages
from vtex_tracking.push.line import Line
from vtex_tracking.push.orders import Orders
from vtex_tracking.push.sending import Sending
from vtex_tracking.settings import Settings


class Claims:
    """Fills the line as there is room. Who is in line has the turn of their order.

    What may not go yet, or is not the next one of its order, is handed to `wait`, with the seconds it has to be quiet.
    """

    def __init__(
        self,
        book: Book,
        *,
        line: Line,
        orders: Orders,
        settings: Settings,
        wall_s: Callable[[], float],
        wait: Callable[[Sending, float], None],
    ) -> None:
        self._book = book
        self._line = line
        self._orders = orders
        self._settings = settings
        self._wall_s = wall_s
        self._wait = wait

    async def make(self) -> None:
        """Return when everything that is due has begun, or the line is closed."""
        page_max = max(2 * self._settings.concurrency, 50)
        async for dues in due_pages(self._book, most=self._settings.invoices_max, page_max=page_max):
            left = dues
            while left:
                room = await self._line.room()
                if room == 0:
                    return
                await self._claim(left[:room])
                left = left[room:]

    async def _claim(self, dues: Sequence[Due]) -> None:
        now_s = self._wall_s()
        at_once, later = list[Due](), list[Due]()
        for due in dues:  # before `not_before_s` an attempt of other bytes may still arrive
            may_go = due.not_before_s <= now_s and self._orders.take_now(due.update.key.order_id)
            (at_once if may_go else later).append(due)
        self._line.begin(first=len(at_once), elsewhere=len(later))
        for due in later:
            self._wait(Sending.of(due), min(max(0.0, due.not_before_s - now_s), self._settings.quiet_period_s))
        try:
            await self._book.intend(at_once)
        except LedgerError:
            for due in at_once:
                self._orders.give(due.update.key.order_id)
            self._line.abandon(len(at_once))
            raise
        for due in at_once:
            self._line.stand(Sending.of(due))
