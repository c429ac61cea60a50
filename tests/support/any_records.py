"""Records for the two ways in which a feed is read: values that are plain, and values that are odd in every way."""

from __future__ import annotations

from typing import Final

from vtex_tracking.feed.columns import Field
from vtex_tracking.feed.values import KEPT_CHARACTERS_MAX
from vtex_tracking.settings import Code, FeedMapping, FeedSettings

USUAL: Final = (Field.ORDER_ID, Field.INVOICE_NUMBER, Field.DATE, Field.DESCRIPTION)

# Of each field the first value is plain, and makes a plain record with the first ones of the others.
VALUES: Final[dict[Field, list[object]]] = {
    Field.ORDER_ID: ["1-01", "v12", "x" * 64, "1.5", "1.0", "a.b", "", "-1", "1-", "1_", "1 ", " ", "1\n2", "x" * 65, "ã", 7, 0, -7, 1.0, True, None],
    Field.INVOICE_NUMBER: ["0001", "7-A", "1,0", " ", None, 12, 0, False, [1]],
    Field.DATE: [
        "2026-03-05 10:00:07", "2026-03-05", "2026-03-05T10:00:07", "05/03/2026 10:00", "05-03-2026", "05.03.2026 10:00:07",
        "2026-02-30 10:00:07", "03/25/2026", "2026-03-05 24:00:00", "2026-03-05 19:60", "2026-03-05 10:00:60", "2026-03-05 1:00",
        "2026-03-05 10:00:07-03:00", "1999-03-05 10:00:07", "2099-12-31 23:59:59", "25/12/2026", "2026-11-23 12:00:00",
        "2026-11-24 12:00:01", "2026-11-24 11:00:00-03:00", "", None, " ", " " * (KEPT_CHARACTERS_MAX + 1), "#N/D", 5, "ã",
        "2026-03-05\n2026-03-05", "\n", "\n\n", "\u0665", "\ud800",
    ],
    Field.TIME: ["", "10:00", "10:00:07", "9:00", "25:00", None, 0, [], "\n"],
    Field.DESCRIPTION: ["ok", "Objeto em trânsito", "Sa\u0303o", " ok", "ok\x07", "####", "", " ", "a\tb", "\ud800", None, 5, [], "x" * 129],
    Field.CITY: ["", "Curitiba", "Curitiba ", "x" * 301, None, {}],
    Field.STATE: ["", "PR", "#REF!", ["PR"], 0],
    Field.CITY_STATE: ["Curitiba/PR", "", " ", "Embu - Guaçu - SP", "Itu", "Itu/", " Itu/SP", "Ita\u0303o/SP", None, 0, 5],
    Field.IS_DELIVERED: ["", "não", "Não", "NAO", "0", False, 0, 0.0, None, " ", "sim", "S", "talvez", True, 1, 1.0, []],
    Field.DELIVERED_DATE: [
        "", None, "05/03/2026", "2026-03-05 10:00:07", "2026-03-05T10:00", "2026-11-23 12:00:01", "2026-11-24 12:00:01", "2026-11-25",
        "2026-11-24 11:00:00-03:00", "2026-11-24 11:00:00+03:00", "2026-03-05 10:00:07.5", "31/02/2026", 0, " ", False,
    ],
    Field.DELIVERED_TIME: ["", "10:00", "10:00:07", "25:00", None],
    Field.EVENT_CODE: ["", " ", "01", " 02", "03", "04", "05", "99", None, 0, 1, [], True],
    Field.TRACKING_NUMBER: ["", "QB1BR", 3],
    Field.VOLUME: ["", None, "1/2", 0, 0.0, False],
    Field.VOLUMES: ["", None, " ", "2", 0],
}  # fmt: skip
CODES: Final = {
    "01": Code(text="Entregue", is_delivered=True),
    "02": Code(text="Saiu"),
    "03": Code(text="Devolvido", is_returned=True),
    "04": Code(is_skipped=True),
    "05": Code(),
}
SETTINGS: Final = [
    FeedSettings(),
    FeedSettings(timezone="America/Sao_Paulo"),
    FeedSettings(to_timezone="America/Sao_Paulo"),
    FeedSettings(date_formats=("%Y-%d-%m %H:%M:%S", "%d/%m/%Y")),
    FeedSettings(is_truncating=True),
    FeedSettings(mapping=FeedMapping(constants={"city": "Itu"})),
    FeedSettings(mapping=FeedMapping(constants={"description": "Entregue", "is_delivered": "sim"})),
    FeedSettings(mapping=FeedMapping(invoice_digits=9)),
    FeedSettings(mapping=FeedMapping(constants={"order_id": "2-02", "volume": "1"})),
    FeedSettings(mapping=FeedMapping(templates={"description": "{description} ({date})"})),
    FeedSettings(mapping=FeedMapping(skips={"description": ("Objeto em trânsito",)})),
    FeedSettings(mapping=FeedMapping(codes=CODES)),
    FeedSettings(mapping=FeedMapping(codes={"": Code(text="Sem"), **CODES})),
]
