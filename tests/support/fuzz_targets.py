"""The readers under fuzz: for each its check, inputs to begin with, and the words of its language."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from typing import Final

from attrs import frozen
from fuzz_answers import check_answer, check_rate_headers, check_retry_after
from fuzz_feeds import (
    check_correios,
    check_correios_xml,
    check_csv,
    check_hub,
    check_invoices,
    check_jsonl,
    check_keys,
    check_lines,
    check_mapping,
    check_ocoren,
    check_options,
    check_packed,
    check_workbook,
)
from fuzz_values import check_booleans, check_dates, check_ids, check_texts
from workbook_writers import write_workbook


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
OCOREN: Final = b"000A\n341" + b"1" * 14 + b"TRANSPORTES S\xc3O BENTO\n"
OCOREN_31: Final = b"342112223330001811  006437970105032026081503"
OCOREN_50: Final = b"542112223330001811  00064379700105032026081503"
TEXT_WORDS: Final = (
    *(
        text.encode()
        for text in (" ", "a", "ã", "a\u0301", "\u0301\u0316", "\u0344", "\u2028", "\x85", "\x01", "#", "😀")
    ),
    *(b"\0", b"\xe3", b"\xff", b"\x81"),  # a NUL; cp1252 and no UTF-8; neither
)
NUMBER_WORDS: Final = (b"0", b"9", b"1.", b"1,", b"E+12", b"1-", b"1/", b"-", b"+", b":", "\u0663".encode())
PARCEL: Final = b'{"codObjeto":"AA123456785BR","eventos":['
PARCEL_EVENT: Final = (
    b'{"codigo":"BDE","tipo":"01","dtHrCriado":"2026-03-05T08:15:00","descricao":"Saiu",'
    b'"unidade":{"endereco":{"cidade":"Recife","uf":"PE"}}}'
)
PARCEL_XML: Final = b'<?xml version="1.0" encoding="iso-8859-1"?><sroxml><objeto><numero>AA1BR</numero>'
PARCEL_XML_EVENT: Final = b"<evento><tipo>BDE</tipo><status>01</status><data>05/03/2026</data><hora>08:15</hora><descricao>N\xe3o</descricao></evento>"
VOLUME: Final = b'{"sales_order_number":"1-01","volume_number":"1","invoice":{"invoice_number":"0002"},"history":['
VOLUME_EVENT: Final = (
    b'{"shipment_order_volume_state":"DELIVERED","event_date_iso":"2026-03-05T08:15:00.000-03:00","provider_message":"Saiu",'
    b'"location":{"city":"Recife","state_code":"PE"}}'
)
JSON_WORDS: Final = (b"\n", *b'[ ] { } {} [] " , : null true 1e9 NaN \\ud800 \\u0001'.split())


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=0)


def _zip(*files: tuple[str, bytes], method: int) -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w", method) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return file.getvalue()


SHEET: Final = (
    b'<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c>'
    b'<c t="s"><v>3</v></c></row>'
)
SHEET_ROW: Final = (
    b'<row><c t="str"><v>1-01</v></c><c><v>2</v></c><c s="1"><v>46086.5</v></c><c t="str"><v>x</v></c></row>'
)
SHEET_END: Final = (
    b"</sheetData></worksheet>\n<sst><si><t>Pedido</t></si><si><t>NF</t></si><si><t>Data</t></si><si><t>Status</t></si></sst>\n"
    b'<styleSheet><cellXfs><xf/><xf numFmtId="22"/></cellXfs></styleSheet>'
)
NFE_KEY: Final = b"35260311222333000181550010006437971123456782"

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
    "ocoren": Target(
        input_bytes_max=16 << 10,  # more than a hundred lines of either width, and short ones by the thousand
        check=check_ocoren,
        seeds=(
            OCOREN + OCOREN_31 + b"ENTREGUE\r\n" + OCOREN_31[:38] + b"\r\n\x1a" + OCOREN + OCOREN_50,
            b"540\n541" + b"2" * 14 + b"B\n" + OCOREN_50 + b"\n543RECEBIDO\n544\n543POR\n5490001\n",
            OCOREN_31 + b"\n" + OCOREN_31[:29] + b"\n346\nx\n" + OCOREN_50[:29] + b"203" + OCOREN_50[32:],
        ),
        words=(
            b"\n",
            b"\x1a",
            OCOREN_31 + b"\n",
            OCOREN_50 + b"\n543A\n",
            *b"000 341 342 346 541 543 545 01 31022026 2400".split(),
            *TEXT_WORDS,
        ),
        frames=((b"", b""), (OCOREN_50 + b"\n543", b"\n")),
        pumps=(
            Pump(before=OCOREN_50 + b"\n", again=b"543" + b"A " * 100 + b"\n"),
            Pump(before=OCOREN, again=b"341" + b"1" * 14 + b"B\n" + OCOREN_31 + b"\n"),
            Pump(before=OCOREN, again=b"x\n"),
        ),
    ),
    "correios": Target(
        input_bytes_max=16 << 10,
        check=check_correios,
        seeds=(
            PARCEL + PARCEL_EVENT + b"," + PARCEL_EVENT + b"]}\n" + PARCEL + PARCEL_EVENT + b"]}",
            b'{"quantidade":2,"objetos":[\n'
            + PARCEL
            + PARCEL_EVENT
            + b']},\n{"codObjeto":"A","mensagem":"SRO-020: x"}]}',
            b"[" + PARCEL + b'{"codigo":"PO","tipo":1,"dtHrCriado":{"date":"2026-03-05 08:15:00.000000"}}]}]',
        ),
        words=(PARCEL_EVENT, *b'"eventos": "objetos": "codObjeto": "mensagem":'.split(), *JSON_WORDS),
        frames=((b"", b""), (PARCEL, b"]}\n"), (b"[" + PARCEL, b"]}]"), (b'{"objetos":[', b"]}")),
        pumps=(
            Pump(before=PARCEL + PARCEL_EVENT, again=b"," + PARCEL_EVENT, after=b"]}\n"),
            Pump(before=PARCEL + b"0", again=b",0", after=b"]}\n"),
            Pump(before=b"[" + PARCEL + b"{}", again=b",{}", after=b"]}]"),
            Pump(before=b"[0", again=b",0", after=b"]"),
            Pump(before=b"[", again=b"["),
            Pump(before=b'[{"a":', again=b'{"a":'),
            Pump(before=b'{"objetos":[{}', again=b",{}", after=b"]}"),
        ),
    ),
    "correios-xml": Target(
        input_bytes_max=16 << 10,
        check=check_correios_xml,
        seeds=(
            PARCEL_XML + PARCEL_XML_EVENT + b"\n" + PARCEL_XML_EVENT + b"</objeto></sroxml>",
            PARCEL_XML + b"<erro>Objeto n\xe3o encontrado</erro></objeto>\n<objeto></objeto></sroxml>",
            b'<e:Envelope xmlns:e="a"><e:Body><return><objeto><evento/></objeto></return></e:Body></e:Envelope>',
            b"<sroxml><error>usuario</error></sroxml>",
            "<rastro><objeto><numero>ã</numero></objeto></rastro>".encode("utf-16"),
        ),
        words=(
            PARCEL_XML_EVENT,
            *b"<objeto> </objeto> <evento> </evento> <destino> </destino> <cidade/> &amp; &#xE3; &a; <!-- --> ]]>".split(),
            *b"<![CDATA[ <?a?> <!DOCTYPE <a a='b'> </sroxml>".split(),
            *TEXT_WORDS,
        ),
        frames=(
            (b"", b""),
            (PARCEL_XML, b"</objeto></sroxml>"),
            (PARCEL_XML + b"<evento>", b"</evento></objeto></sroxml>"),
        ),
        pumps=(
            Pump(before=PARCEL_XML, again=PARCEL_XML_EVENT, after=b"</objeto></sroxml>"),
            Pump(before=PARCEL_XML, again=b"<evento/>", after=b"</objeto></sroxml>"),
            Pump(before=b"<sroxml>", again=b"<objeto/>", after=b"</sroxml>"),
            Pump(before=b"<sroxml>", again=b"<objeto>"),
            Pump(before=b"<sroxml><!--", again=b"-"),
            Pump(before=b"<sroxml a='", again=b"&amp;"),
            Pump(before=PARCEL_XML + b"<evento><descricao>", again=b"&lt;"),
        ),
    ),
    "intelipost": Target(
        input_bytes_max=16 << 10,
        check=check_hub,
        seeds=(
            VOLUME + VOLUME_EVENT + b"," + VOLUME_EVENT + b"]}\n" + VOLUME + b"]}\n",
            b"["
            + VOLUME
            + VOLUME_EVENT
            + b']},\n{"order_number":"2","volume_number":2,"history":'
            + VOLUME_EVENT
            + b"}]",
        ),
        words=(
            VOLUME_EVENT,
            *b'"history": "invoice": "order_number": "volume_number": "shipment_order_volume_state":'.split(),
            *JSON_WORDS,
        ),
        frames=((b"", b""), (VOLUME, b"]}\n"), (b'{"order_number":"1","history":', b"}\n")),
        pumps=(
            Pump(before=VOLUME + VOLUME_EVENT, again=b"," + VOLUME_EVENT, after=b"]}\n"),
            Pump(before=VOLUME + b"0", again=b",0", after=b"]}\n"),
            Pump(before=b'{"history":', again=b'{"history":'),
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
    "packed": Target(
        input_bytes_max=16 << 10,
        check=check_packed,
        seeds=(
            gzip.compress(b"a,b\n1,2\n", mtime=0) * 2 + b"\0\0",
            bz2.compress(b"a,b\n1,2\n"),
            _xz(b"a,b\n1,2\n"),
            b"\x28\xb5\x2f\xfd$\x08A\0\0a,b\n1,2\n5\xe7\xca\xce",  # zstd
            _zip(("a.csv", b"a,b\n"), ("in/b.csv", b"1,2\n"), method=zipfile.ZIP_STORED),
            _zip(("a.csv", b"\0" * 200), (".b", b"x"), method=zipfile.ZIP_DEFLATED),
            _zip(("[Content_Types].xml", b"<a/>"), method=zipfile.ZIP_STORED),
        ),
        words=(
            b"\x1f\x8b\x08\0",
            b"\x28\xb5\x2f\xfd",
            b"\xfd7zXZ\0",
            b"BZh9",
            b"PK\x03\x04",
            b"PK\x01\x02",
            b"PK\x05\x06",
        ),
        pumps=tuple(Pump(again=pack(b"a")) for pack in (_gzip, bz2.compress, _xz)),
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
    "xlsx": Target(
        input_bytes_max=8 << 10,
        check=check_workbook,
        seeds=(
            SHEET + SHEET_ROW + b'<row r="9"><c r="B9" t="inlineStr"><is><t>2</t></is></c></row>' + SHEET_END,
            SHEET + b'<row><c t="e"><v>#N/A</v></c><c><f>A1</f></c><c t="b"><v>1</v></c></row>' + SHEET_END,
            SHEET + SHEET_ROW + SHEET_END + b'\n<a><workbookPr date1904="1"/><sheet name="A" r:id="rId1"/></a>',
            write_workbook({"A": [["Pedido", "NF", "Data de Entrega"], ["1-01", 2, "05/03/2026"]]}),
        ),
        words=(
            SHEET_ROW,
            *b"<row> </row> <c> </c> <v> </v> <f/> <t> </t> <is> </is> <rPh> </rPh> <si/> <!-- <!DOCTYPE &amp;".split(),
            *b'r="XFD7" t="s" t="e" t="n" s="1" E+12 #N/A _x000A_ numFmtId="164" formatCode="[h]" 1E999'.split(),
            *TEXT_WORDS,
        ),
        frames=((b"", b""), (SHEET, SHEET_END), (SHEET + b"<row><c><v>", b"</v></c></row>" + SHEET_END)),
        pumps=(
            Pump(before=SHEET, again=SHEET_ROW, after=SHEET_END),
            Pump(before=SHEET, again=b'<row><c r="XFD1"><v>1</v></c></row>', after=SHEET_END),
            Pump(before=SHEET, again=b"<row/>", after=SHEET_END),
            Pump(before=SHEET + b"<row>", again=b"<c><v>1</v></c>", after=b"</row>" + SHEET_END),
            Pump(before=SHEET, again=b"<a>"),
            Pump(before=SHEET_END[:24] + b"\n<sst>", again=b"<si/>", after=b"</sst>"),
        ),
    ),
    "invoices": Target(
        input_bytes_max=8 << 10,
        check=check_invoices,
        seeds=(
            b"Pedido;NF;Chave NF-e;Rastreio;Cidade/UF;Qtd volumes\n1-01;2;"
            + NFE_KEY
            + b";qb 1 br;Recife/PE;2\nA;;;;;\n",
            b'{"orderId":"1","invoiceNumber":2,"series":1,"issuer":"1/2","tracking":"a"}\n[]\n',
        ),
        words=(
            b"\n",
            b";",
            NFE_KEY,
            b"1-01;2\n",
            b'{"order_id":"1","invoice_number":"2"}\n',
            *NUMBER_WORDS,
            *TEXT_WORDS,
        ),
        frames=((b"", b""), (b"Pedido;NF;Cidade;Rastreio;CNPJ emitente\n1;2;", b"\n")),
    ),
    "keys": Target(
        check=check_keys,
        seeds=(NFE_KEY, b"NFe" + NFE_KEY, b"3526 0312 ABC3 4501 DE35 5500 1000 6437 9711 2345 6781", b"3,52603E+43"),
        words=(b"NFe", b" ", NFE_KEY, b"57", b"A", *NUMBER_WORDS, *TEXT_WORDS),
    ),
}
