"""`vtex-tracking plan`: all of a push but the push."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from web_support import Page, web_server

Invoke = Callable[..., Result]
Write = Callable[..., str]


def test_a_plan_needs_no_credentials_and_leaves_nothing(invoke: Invoke, write_feed: Write, folder: Path) -> None:
    """What a plan has seen is forgotten: no ledger, no report, no folder."""
    result = invoke("plan", write_feed(3), "--account", "mystore")
    assert 0 == result.exit_code, result.output
    assert [folder / "feed.csv"] == list(folder.iterdir())


def test_a_plan_says_what_would_be_sent_and_how_long_it_takes(invoke: Invoke, write_feed: Write) -> None:
    """Records, events, invoices, requests, time, the exact bodies and the defects."""
    result = invoke("plan", write_feed(1200, defects=2, description="-"), "--account", "mystore", "--rate", "2/s")
    assert 3 == result.exit_code
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    expected = [
        "records 1,202",
        "events 1,200",
        "defects 2 cannot be read: listed below, and in the report of a push",
        "invoices 1,200",
        "new 1,200",
        "requests 1,200 about 10 min at 2/s",
        "order v000001abcd-01, invoice 000000001",
        '{"isDelivered":false,"deliveredDate":null,"events":[{"city":"Recife","state":"PE","description":"-","date":"2026-11-20"}]}',
    ]
    assert [] == [line for line in expected if line not in lines]
    assert any(line.startswith('feed.csv:1202: column "invoice_number"') for line in lines)


def test_a_plan_for_a_sandbox_needs_no_account(invoke: Invoke, write_feed: Write) -> None:
    """One word turns `push --sandbox` into a plan."""
    result = invoke("plan", "--sandbox", write_feed(3))
    assert 0 == result.exit_code
    assert "Plan for sandbox:" in result.stdout


def test_a_plan_is_json_for_programs(invoke: Invoke, write_feed: Write) -> None:
    """Every field has its name, and a body is the text that would go out."""
    plan = json.loads(invoke("plan", write_feed(4), "--account", "mystore", "--json").stdout)
    assert (4, 4, 3) == (plan["new"], plan["requests"], len(plan["first_updates"]))
    assert "Recife" == json.loads(plan["first_updates"][0]["body"])["events"][0]["city"]


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_body_gives_a_terminal_nothing_to_obey(form: tuple[str, ...], invoke: Invoke, write_feed: Write) -> None:
    """An escape, or a mark that turns the direction of writing, stands as an escape of JSON."""
    result = invoke("plan", write_feed(1, description="a\u202eb\x9b31m"), "--account", "mystore", *form)
    assert 0 == result.exit_code
    assert r"a\u202eb" in result.stdout.replace("\\\\", "\\")
    assert result.stdout.replace("\n", "").isprintable()


def test_a_long_body_is_cut_on_the_terminal(invoke: Invoke, write_feed: Write) -> None:
    """A screen is for the eyes: what is longer than it says how long it is."""
    result = invoke("plan", write_feed(1, description="x" * 4000), "--account", "mystore")
    assert "x… (" in result.stdout.replace("\n", "")


def test_text_of_a_feed_cannot_steer_the_terminal(invoke: Invoke, write_feed: Write, folder: Path) -> None:
    """Neither a defect nor a body shows a control character."""
    (folder / "feed.csv").write_bytes(Path(write_feed(1, defects=1)).read_bytes().replace(b"bad id", b"\x1b[2Jid"))
    assert "\x1b" not in invoke("plan", "feed.csv", "--account", "mystore").stdout


def test_a_plan_knows_what_was_sent(invoke: Invoke, write_feed: Write, sandbox: Callable[..., Any]) -> None:
    """After a push the same feed has nothing new."""
    env = sandbox().env
    invoke("push", write_feed(3), env=env)
    plan = json.loads(invoke("plan", "feed.csv", "--json", env=env).stdout)
    assert (0, 3, 0) == (plan["new"], plan["unchanged"], plan["requests"])


@pytest.mark.parametrize(("arguments", "expected"), [([], "which feed?"), (["feed.csv"], "which VTEX account?")])
def test_what_is_missing_is_asked_for(arguments: list[str], expected: str, invoke: Invoke) -> None:
    """A plan needs a feed and an account, for the ledger is the account's."""
    result = invoke("plan", *arguments)
    assert 2 == result.exit_code
    assert expected in result.stderr


def test_a_feed_may_be_a_url(invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read where it lies, and shown without what may be a signature."""
    monkeypatch.setenv("HOME", str(folder))
    text = "orderId,invoiceNumber,date,description,isDelivered\nv000001abcd-01,1,2026-11-20,-,perhaps\n"
    with web_server() as web:
        web.pages["/in/feed.csv?signature=5ecret"] = Page(body=text.encode())
        result = invoke("plan", f"{web.url}/in/feed.csv?signature=5ecret", "--account", "mystore")
    assert 3 == result.exit_code, result.output
    assert f"{web.url}/in/feed.csv: csv, utf-8" in result.stdout
    assert f"{web.url}/in/feed.csv:2: column" in result.stdout.replace("\n", "")
    assert "5ecret" not in result.output
