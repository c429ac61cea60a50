from __future__ import annotations

from vtex_tracking.sandbox import FaultRule
from vtex_tracking.sandbox.fault_book import Asked, FaultBook


def asked(order_id: str = "o", *, invoice_number: str | None = "1", attempt: int = 1, method: str = "PUT") -> Asked:
    return Asked(method=method, order_id=order_id, invoice_number=invoice_number, attempt=attempt)


def decided(book: FaultBook, *requests: Asked) -> list[int]:
    """The place of the rule that decides on each request, 0 for none."""
    faults = [book.decide(request) for request in requests]
    return [0 if fault is None else fault.place for fault in faults]


def test_orders_and_invoices_are_globs() -> None:
    """A rule is about the orders and the invoices that any of its globs covers, upper and lower case apart."""
    book = FaultBook([FaultRule(orders=("1*", "A-?"), invoices=("7",), status=500)])
    requests = [
        asked("12", invoice_number="7"),
        asked("12"),
        asked("A-1", invoice_number="7"),
        asked("a-1", invoice_number="7"),
    ]
    assert [1, 0, 1, 0] == decided(book, *requests)


def test_a_rule_is_about_puts_unless_it_says_otherwise() -> None:
    """Reading an order meets only the rules for GET."""
    book = FaultBook([FaultRule(status=500), FaultRule(methods=("GET",), status=503)])
    assert [1, 2] == decided(book, asked(), asked(method="GET", invoice_number=None))


def test_attempts_are_of_one_invoice() -> None:
    """Only the attempts that are named meet the rule."""
    book = FaultBook([FaultRule(attempts=(1, 3), status=500)])
    assert [1, 0, 1, 0] == decided(book, *(asked(attempt=attempt) for attempt in (1, 2, 3, 4)))


def test_after_lets_the_first_requests_that_meet_the_rest_pass() -> None:
    """What happens from the third request for an order on; every second is counted from there."""
    asked_in_turn = [asked(order_id=order_id) for order_id in ("o", "other", "o", "o", "o", "o")]
    late = FaultBook([FaultRule(orders=("o",), after=2, status=401)])
    assert [False, False, False, True, True, True] == [late.decide(one) is not None for one in asked_in_turn]
    rare = FaultBook([FaultRule(orders=("o",), after=2, every=2, status=401)])
    assert [False, False, False, False, True, False] == [rare.decide(one) is not None for one in asked_in_turn]


def test_every_counts_the_requests_that_meet_the_rest() -> None:
    """Each n-th of the requests that the rule is about meets it; the others are not counted."""
    book = FaultBook([FaultRule(orders=("o",), every=2, status=500)])
    assert [0, 0, 1, 0, 1] == decided(book, asked(), asked("x"), asked(), asked(), asked())


def test_times_is_the_most_that_a_rule_decides() -> None:
    """A rule that was used up leaves the request to the next one."""
    book = FaultBook([FaultRule(times=2, status=500), FaultRule(status=503)])
    assert [1, 1, 2, 2] == decided(book, asked(), asked(), asked(), asked())


def test_the_first_rule_decides() -> None:
    """Of two rules whose conditions hold, the earlier one in the list decides."""
    assert [1] == decided(FaultBook([FaultRule(status=500), FaultRule(status=503)]), asked())


def test_a_share_is_drawn_by_what_a_request_is() -> None:
    """The same requests in another order meet the same faults, and another seed draws others."""
    requests = [asked(f"o{index}", attempt=index % 3 + 1) for index in range(1000)]
    rule = FaultRule(share=0.2, seed=7, status=500)
    first = dict(zip(requests, decided(FaultBook([rule]), *requests), strict=True))
    shuffled = sorted(requests, key=lambda request: (request.attempt, request.order_id), reverse=True)
    again = dict(zip(shuffled, decided(FaultBook([rule]), *shuffled), strict=True))
    other = dict(zip(requests, decided(FaultBook([FaultRule(share=0.2, seed=8, status=500)]), *requests), strict=True))
    assert first == again
    assert first != other
    assert 150 < sum(first.values()) < 250


def test_a_share_of_one_is_all() -> None:
    """The whole is a share too."""
    book = FaultBook([FaultRule(share=1.0, status=500)])
    assert [1] * 50 == decided(book, *(asked(f"o{index}") for index in range(50)))
