"""The readers under fuzz: for each its check, inputs to begin with, and the words of its language."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Final

from attrs import frozen
from fuzz_answers import check_answer, check_rate_headers, check_retry_after
from fuzz_feeds import check_csv, check_jsonl, check_lines, check_mapping, check_options
from fuzz_values import check_booleans, check_dates, check_ids, check_texts


@frozen(kw_only=True)
class Pump:
    """An input that grows: `again` repeated between two ends."""

    before: bytes = b""
    again: bytes
    after: bytes = b""

    def of(self, size_bytes: int) -> bytes:
        """The input, at most so long."""
        room_bytes = size_bytes - len(self.before) - len(self.after)
        return self.before + self.again * (room_bytes // len(self.again)) + self.after


@frozen(kw_only=True)
class Target:
    """A reader under fuzz. `check` raises where any input breaks a rule."""

    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...]
    frames: tuple[tuple[bytes, bytes], ...] = ((b"", b""),)  # ends between which a word may come again and again
    pumps: tuple[Pump, ...] = ()
    input_bytes_max: int = 64 << 10

    def all_pumps(self) -> tuple[Pump, ...]:
        """Every way in which an input of this reader is made long."""
        framed = (Pump(before=start, again=word, after=end) for start, end in self.frames for word in self.words)
        return (*framed, *self.pumps)


HEADER: Final = "Pedido;NF;Data;Hora;Cidade/UF;Descrição;Entregue;Data de Entrega\n".encode()
INVOICE: Final = b'{"orderId":"1-01","invoiceNumber":"0002","isDelivered":true,"events":['
EVENT: Final = b'{"date":"2026-03-05T08:15:00","city":"Recife","state":"PE","description":"Saiu"}'
TEXT_WORDS: Final = (
    *(
        text.encode()
        for text in (" ", "a", "ã", "a\u0301", "\u0301\u0316", "\u0344", "\u2028", "\x85", "\x01", "#", "😀")
    ),
    *(b"\0", b"\xe3", b"\xff", b"\x81"),  # a NUL; cp1252 and no UTF-8; neither
)
NUMBER_WORDS: Final = (b"0", b"9", b"1.", b"1,", b"E+12", b"1-", b"1/", b"-", b"+", b":", "\u0663".encode())

TARGETS: Final = {
    "csv": Target(
        check=check_csv,
        seeds=(
            HEADER
            + "1-01;0002;05/03/2026;08:15;Curitiba/PR;Saiu;não;\n1-01;0002;06/03/2026;;;Entregue;sim;\n".encode(),
            b'order_id,invoice_number,date,description\n"1-01",2,2026-03-05,"a ""b""\nc"\n',
            b"\xef\xbb\xbforder_id\tinvoice_number\tdelivered_date\r\n1\t2\t2026-03-05 10:00\r\n\r\n",
            "Pedido|NF|Data de Entrega\n1|2|05/03/2026\n".encode("utf-16"),
            gzip.compress(b"order_id,invoice_number,delivered_date\n1,2,2026-03-05\n", mtime=0),
            b"Pedido;NF;Data;Status;_place;_column;_code;_problem\n1;2;05/03/2026;'=1;a;b;c;d\n",
        ),
        words=(b"\n", b"\r", b"\r\n", b"\t", b"1-01;2;05/03/2026;x\n", *b'; , | " "" ";"'.split(), *TEXT_WORDS),
        frames=((b"", b""), (HEADER + b"1-01;2;05/03/2026;08:15;Recife/PE;", b";sim;\n")),
        pumps=(
            Pump(before=b"order_id,invoice_number,delivered_date", again=b",x", after=b"\n" + b"1\n" * 50),
            Pump(before=b"order_id,invoice_number,delivered_date", again=b",x", after=b"\n" + b"1,2,3\n" * 50),
            Pump(before=HEADER, again=b'1;2;05/03/2026;;;"a\nb";;\n'),
            Pump(before=HEADER + b'"', again=b"a\n"),
        ),
    ),
    "jsonl": Target(
        check=check_jsonl,
        seeds=(
            b'{"order_id":"1-01","invoice_number":2,"date":"05/03/2026","description":"Saiu","isDelivered":false}\n',
            b'{"order_id":"1","invoice_number":"2","date":"2026-03-05","description":"a\\ud800","city":"\\u0001"}\n',
            INVOICE + EVENT + b"," + EVENT + b"]}\n" + INVOICE + b"]}",
            b'{"Pedido":1,"NF":"2","deliveredDate":"2026-03-05 10:00","x":null,"y":1e5,"z":"\\u00e3\\ud83d\\ude00"}\n',
        ),
        words=(
            b"\n",
            b"\r",
            EVENT,
            *b'[ ] { } {} " "" , : null true 1e9 NaN \\ud800 \\u0001 "date": "events": "isDelivered": "deliveredDate":'.split(),
            *NUMBER_WORDS,
            *TEXT_WORDS,
        ),
        frames=((b"", b""), (INVOICE, b"]}\n"), (b'{"order_id":"1","invoice_number":"2","date":"', b'"}\n')),
        pumps=(
            Pump(before=INVOICE + EVENT, again=b"," + EVENT, after=b"]}\n"),
            Pump(before=INVOICE + b"0", again=b",0", after=b"]}\n"),
            Pump(before=INVOICE + b"{}", again=b",{}", after=b"]}\n"),
            Pump(before=b'{"a":', again=b'{"a":'),
            Pump(before=b"{", again=b'"a":1,', after=b'"a":1}\n'),
            Pump(again=b'{"order_id":"1"}\n'),
        ),
    ),
    "options": Target(
        input_bytes_max=4 << 10,  # the user's own
        check=check_options,
        seeds=(
            b"cp1252\n%d/%m/%Y\nAmerica/Sao_Paulo\n;\n" + HEADER,
            b"utf-7\n%Y-%m-%d %H:%M\nUTC\n,\norder_id,invoice_number,date,description\n1,2,2026-03-05 10:00,a+AOM-\n",
            b"unicode_escape\n\n\n\norder_id,invoice_number,date,description\n1,2,2026-03-05,\\ud800\n",
        ),
        words=(
            b"\n",
            *b"utf-16-le cp037 shift_jis hz idna punycode rot13 undefined tab %Y %m %d %y %j %U %c %z %% ../ Etc/GMT+3".split(),
            *TEXT_WORDS,
        ),
        frames=((b"", b""), (b"auto\n", b"\n\n\n"), (b"auto\n\n", b"\n\n")),
    ),
    "ids": Target(
        check=check_ids,
        seeds=(b"1172452900788-01", b"000030711", b"1,17245E+12", b'"v501245lspt-01"', b"30711.0", b"true", b"[]"),
        words=(*b'. _ .. / %2F a E "'.split(), *NUMBER_WORDS, *TEXT_WORDS),
        frames=((b"", b""), (b"1", b"1")),
    ),
    "booleans": Target(
        check=check_booleans,
        seeds=("não".encode(), b"true", b"1", b"Sim ", b"null", b'"no"', b"0.0", b"{}"),
        words=(*b'true false sim y "'.split(), *NUMBER_WORDS, *TEXT_WORDS),
    ),
    "texts": Target(
        check=check_texts,
        seeds=(
            "São Paulo/SP".encode(),
            b'"a\\u0301\\ud83d\\ude00"',
            b"#REF!",
            b"Curitiba - PR",
            b"a\r\n\tb",
            b"x" * 301,
        ),
        words=(b" - ", b"\n", *b'/ #N/D \\u0000 \\ud800 "'.split(), *TEXT_WORDS),
    ),
    "dates": Target(
        check=check_dates,
        seeds=(
            b"2026-03-05T08:15:00.1234567-03:00",
            b"05/03/2026 8:15",
            b"31.12.26 23:59:59",
            b'"2026-02-30"',
            b"12/31/2026",
            b"Monday, 23 November 2026 08:15 AM",
            b"1773000000",
            b"2026-03-05 08:15:00Z",
            b"23:59:59,5",
            b"9999-12-31",
            b"31/12/1999",
        ),
        words=(*b'T Z 2026 31 -03:00 +23:59 24:00 :60 " AM'.split(), *NUMBER_WORDS, *TEXT_WORDS),
        frames=((b"", b""), (b"2026-03-05T08:15:00.", b"!"), (b"05/03/2026", b"08:15")),
    ),
    "mapping": Target(
        input_bytes_max=4 << 10,  # the user's own
        check=check_mapping,
        seeds=(b'[columns]\norder_id = "Pedido"\ncity = ""\n', b'[columns]\ndate = "A"\ntime = "a"\nx = 1\n[y]\n'),
        words=(b"\n", *b"[ ] { } = \" ''' columns order_id a. a= 1979-05-27".split(), *NUMBER_WORDS, *TEXT_WORDS),
        frames=((b"", b""), (b"a=", b""), (b"[columns]\norder_id='", b"'\n")),
    ),
    "lines": Target(
        input_bytes_max=2 << 10,  # in chunks of one byte, as no source hands them out
        check=check_lines,
        seeds=(b"a\nb\r\nc\rd", b"\r\r\n\n\r", b"abcdefgh\r\nij\n"),
        words=(b"\n", b"\r", b"\r\n", b"\x0b", *b"a abcdef \x85 \x1c".split()),
    ),
    "retry_after": Target(
        check=check_retry_after,
        seeds=(
            b"7",
            b"Mon, 23 Nov 2026 12:00:30 GMT",
            b"Mon, 23-Nov-99 12:00 -0300",
            b"1e9",
            b"-1",
            b"7, 7",
            b"",
            b"1 Nov 99999999999999999999 0:0",
        ),
        words=(*b"Mon Nov GMT -0300 +9999 99999999999999999999 ( ) ,".split(), *NUMBER_WORDS, *TEXT_WORDS),
    ),
    "rate_headers": Target(
        check=check_rate_headers,
        seeds=(
            b"RateLimit-Remaining: 0\nRateLimit-Reset: 30",
            b"X-RateLimit-Remaining: 5\nX-RateLimit-Reset: 1795435230",
            b"x-vtex-ratelimit-remaining: 9\nx-vtex-ratelimit-remaining: 9",
        ),
        words=(
            b"ratelimit-remaining: ",
            b"x-ratelimit-reset: ",
            b"\n",
            b"99999999999999999999",
            *NUMBER_WORDS,
            *TEXT_WORDS,
        ),
        frames=((b"", b""), (b"RateLimit-Remaining: 0\nRateLimit-Reset: ", b"")),
    ),
    "answer": Target(
        check=check_answer,
        seeds=(
            b'Content-Type: application/json\nX-Request-Id: a\n\n{"date":"2017-03-29T18:04:31","orderId":"1","receipt":"f67d"}',
            b'Retry-After: 7\n\n{"error":{"code":"OMS007","message":"Order Not Found","exception":null}}',
            b"Location: https://example.com:8443/x\nContent-Encoding: gzip\n\n<html><title>Login</title>",
            b'Content-Type: text/html\n\n\xef\xbb\xbf{"title":"a","detail":"b","traceId":"c"}',
        ),
        words=(
            b"\n\n",
            b"Location: ",
            b"Content-Encoding: ",
            *b'http:// // [::1] @ % <title <title> <html { [ " {"a": "receipt": NaN \\ud800 xn--'.split(),
            *NUMBER_WORDS,
            *TEXT_WORDS,
        ),
        frames=((b"", b""), (b"\n\n", b""), (b"Content-Type: text/html\n\n<html>", b"")),
        pumps=(
            Pump(before=b"Location: //", again="ã".encode(), after=b"/\n\n"),
            Pump(before=b'{"a":', again=b'{"a":'),
            Pump(before=b'\n\n{"receipt":', again=b"9", after=b"}"),
        ),
    ),
}
