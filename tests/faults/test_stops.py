"""What every other update would meet as well ends the run at once, with the code that says whose turn it is."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Final

import pytest
from fault_server import Put, Server
from fault_support import CONCURRENCY, push, side_by_side, stop_and_go_on, told

from vtex_tracking.model import Effect, OutcomeKind, Reason
from vtex_tracking.sandbox import FaultRule, Sandbox


async def test_a_redirect_is_not_followed_and_no_key_goes_along(tmp_path: Path) -> None:
    """Whichever of them, the target's host is named and hears nothing."""

    async def redirect(status: int) -> None:
        async with Server() as target:
            location = f"http://localhost:{target.port}/elsewhere"
            store = Sandbox(faults=(FaultRule(status=status, headers={"Location": location}),))
            folder = tmp_path / str(status)
            pushed = await stop_and_go_on(store, folder=folder, exit_code=2, reason=Reason.REDIRECT)
        assert f"VTEX answered {status}, a redirect to localhost, which was not followed" in pushed.said()
        assert 0 == target.connections

    await side_by_side({str(status): redirect(status) for status in (301, 302, 303, 307, 308)})


SAME_HOST: Final = "an address on the same host"
TARGETS: Final = {
    "/login": SAME_HOST,
    "": SAME_HOST,
    "//evil.example/x": "evil.example",
    "http://user:pass@evil.example/": "evil.example",
    "https://evil.example:444/": "evil.example",
    "file:///etc/passwd": SAME_HOST,
    "http://[::1": SAME_HOST,
    "javascript:alert(1)": SAME_HOST,
}


async def test_a_redirect_to_anywhere_is_the_same(tmp_path: Path) -> None:
    """Wherever it points, it is not followed, and its host is told if it has one."""

    async def redirect(number: int, location: str, named: str) -> None:
        store = Sandbox(faults=(FaultRule(status=302, headers={"Location": location}),))
        pushed = await stop_and_go_on(store, folder=tmp_path / str(number), exit_code=2, reason=Reason.REDIRECT)
        assert f"a redirect to {named}, " in pushed.said()

    await side_by_side(
        {location: redirect(number, location, named) for number, (location, named) in enumerate(TARGETS.items())}
    )


FOR_SETTINGS: Final = {
    407: Reason.SETTINGS,
    501: Reason.SETTINGS,
    505: Reason.SETTINGS,
    511: Reason.SETTINGS,
    525: Reason.TLS,
    526: Reason.TLS,
}


async def test_what_settings_or_the_network_must_mend_ends_the_run(tmp_path: Path) -> None:
    """A proxy's or a hotel's login, a server of another kind, a broken edge: no retry helps."""
    await side_by_side(
        {
            str(status): stop_and_go_on(
                Sandbox(faults=(FaultRule(status=status),)), folder=tmp_path / str(status), exit_code=2, reason=reason
            )
            for status, reason in FOR_SETTINGS.items()
        }
    )


async def test_a_web_page_with_404_as_the_first_answer_is_the_wrong_address(tmp_path: Path) -> None:
    """VTEX's API speaks JSON of an order that it does not know."""
    store = Sandbox(faults=(FaultRule(status=404, is_html=True),))
    pushed = await stop_and_go_on(
        store, folder=tmp_path, exit_code=2, reason=Reason.WRONG_ACCOUNT, requests_max=1, concurrency=1
    )
    assert "is --account the store of these orders?" in pushed.said()


NOT_FOUND_MAX: Final = 20


async def test_twenty_orders_not_found_in_a_row_are_the_wrong_account(tmp_path: Path) -> None:
    """The run stops before a year of orders is marked as rejected."""
    invoices = [f"n{number:02d}" for number in range(60)]
    async with Sandbox(known={}) as sandbox:
        pushed = await push(sandbox.url, folder=tmp_path, invoices=invoices)
    assert (2, Reason.WRONG_ACCOUNT) == (pushed.summary.exit_code, pushed.summary.stop_reason)
    assert NOT_FOUND_MAX <= len(sandbox.requests) < NOT_FOUND_MAX + CONCURRENCY
    assert {"rejected", "pending"} == set(pushed.counts())


async def test_orders_not_found_among_others_are_only_themselves(tmp_path: Path) -> None:
    """One success, and no number of unknown orders ends the run."""
    invoices = ["known", *(f"n{number:02d}" for number in range(NOT_FOUND_MAX + 5))]
    async with Sandbox(known={"order-known": ["known"]}) as sandbox:
        pushed = await push(sandbox.url, folder=tmp_path, invoices=invoices, concurrency=1)
    assert (3, {"sent": 1, "rejected": NOT_FOUND_MAX + 5}) == (pushed.summary.exit_code, pushed.counts())


TOO_LONG: Final = (
    "901",
    "3600",
    "99999999999999999999",
    "Thu, 01 Jan 2099 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_pause_that_is_too_long_to_wait_for_ends_the_run(status: int, tmp_path: Path) -> None:
    """Over 15 minutes it is for the next run; a 503 leaves a doubt about those that it answered."""

    async def ask_for(number: int, retry_after: str) -> None:
        store = Sandbox(faults=(FaultRule(status=status, headers={"Retry-After": retry_after}),))
        pushed = await stop_and_go_on(store, folder=tmp_path / str(number), exit_code=6, reason=Reason.LONG_THROTTLE)
        effects = {effect for several in pushed.effects.values() for effect in several}
        assert {Effect.NOT_APPLIED if status == HTTPStatus.TOO_MANY_REQUESTS else Effect.AMBIGUOUS} == effects

    await side_by_side({retry_after: ask_for(number, retry_after) for number, retry_after in enumerate(TOO_LONG)})


async def test_a_total_outage_ends_the_run_when_it_has_lasted_too_long(tmp_path: Path) -> None:
    """Nothing is lost and nothing fails: the run stops for now, and the next one goes on."""
    invoices = [f"n{number:02d}" for number in range(12)]
    async with Sandbox(faults=(FaultRule(status=502),)) as sandbox:
        pushed = await push(sandbox.url, folder=tmp_path, invoices=invoices, attempts=10_000, outage_limit_s=0.2)
    assert (6, Reason.OUTAGE) == (pushed.summary.exit_code, pushed.summary.stop_reason)
    assert {"unknown", "pending"} >= set(pushed.counts())
    async with Sandbox() as well:
        again = await push(well.url, folder=tmp_path, invoices=invoices)
    assert (0, dict.fromkeys(invoices, 1)) == (again.summary.exit_code, told(well))


# ---------------------------------------------------------------- the keys


async def test_keys_refused_from_the_start_end_the_run(tmp_path: Path) -> None:
    """At most one request more than may be in flight; everything stays pending, and goes out with good keys."""
    pushed = await stop_and_go_on(
        Sandbox(credentials=("another-key", "another-token")),
        folder=tmp_path,
        exit_code=7,
        reason=Reason.CREDENTIALS_REFUSED,
        requests_max=CONCURRENCY + 1,
    )
    assert {"pending": 3 * CONCURRENCY} == pushed.counts()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_revoked_on_the_way_ends_the_run(status: int, tmp_path: Path) -> None:
    """What was sent is sent, at most one request more than may be in flight is wasted, the rest is pending."""
    good = 25

    async def revoke(put: Put) -> None:
        await (put.answer() if put.number <= good else put.answer(b"", status=f"{status} No"))

    invoices = [f"n{number:02d}" for number in range(60)]
    async with Server(revoke) as server:
        pushed = await push(server.url, folder=tmp_path, invoices=invoices)
    assert (7, {"sent": good, "pending": 60 - good}) == (pushed.summary.exit_code, pushed.counts())
    assert len(server.requests) <= good + CONCURRENCY + 1

    async with Sandbox() as well:
        again = await push(well.url, folder=tmp_path, invoices=invoices)
    sent = {number for number, outcome in pushed.outcomes.items() if outcome.outcome is OutcomeKind.SENT}
    assert (0, dict.fromkeys(set(invoices) - sent, 1)) == (again.summary.exit_code, told(well))


async def test_a_firewalls_page_is_told_from_a_wrong_key(tmp_path: Path) -> None:
    """403 with a web page stops the run as well, and says that it may be the address that is blocked."""
    store = Sandbox(faults=(FaultRule(status=403, is_html=True),))
    pushed = await stop_and_go_on(
        store, folder=tmp_path, exit_code=7, reason=Reason.CREDENTIALS_REFUSED, requests_max=CONCURRENCY + 1
    )
    assert "a firewall, or a blocked address?" in pushed.said()


@pytest.mark.parametrize("status", [401, 403])
async def test_one_updates_own_refusal_is_not_the_keys(status: int, tmp_path: Path) -> None:
    """Another update is taken, so this one alone is rejected."""
    invoices = ["own", *(f"n{number:02d}" for number in range(12))]
    async with Sandbox(faults=(FaultRule(invoices=("own",), status=status),)) as sandbox:
        pushed = await push(sandbox.url, folder=tmp_path, invoices=invoices)
    assert (3, {"sent": 12, "rejected": 1}) == (pushed.summary.exit_code, pushed.counts())
    assert dict.fromkeys(invoices, 1) == told(sandbox)


async def test_a_web_page_with_404_as_the_first_answer_spares_those_in_flight(tmp_path: Path) -> None:
    """The answers beside the first say the same: none of them is a refusal of its invoice."""
    store = Sandbox(faults=(FaultRule(status=404, is_html=True),))
    pushed = await stop_and_go_on(store, folder=tmp_path, exit_code=2, reason=Reason.WRONG_ACCOUNT)
    assert {"pending": 12} == pushed.counts()
