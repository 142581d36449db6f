"""Which fields each kind of event has, in their order, and where they lie in the kernel's records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from btcli.exchange.book import codes
from btcli.exchange.book.given import NO_LEVEL

# What a field is: a number (0.0 for -0.0), an integer, one of some words by its code, a moment in milliseconds UTC,
# a text by its index, or true.
NUMBER, WHOLE, WORD, MOMENT, TEXT, TRUE = range(6)
EVERYWHERE = ("", 0)
Words = Mapping[int, str] | Sequence[str]


class Field(NamedTuple):
    """A field of an event, read from `column`; of texts from the one at place `at`.

    `none` is the value of the column that says there is none: then the field is None, or left out where it
    `may_lack`. `only` names a column and the value that it must have, else the field is left out; of TRUE the bits.
    """

    name: str
    form: int
    column: str
    words: Words = ()
    none: float | None = None
    may_lack: bool = False
    only: tuple[str, int] = EVERYWHERE
    at: int = 0
    plus: int = 0  # is added to a WHOLE


Layout = tuple[Field, ...]


def _number(name: str, column: str = "") -> Field:
    return Field(name, NUMBER, column or name)


def _whole(name: str) -> Field:
    return Field(name, WHOLE, name)


def _or_none(name: str, none: float = 0.0, column: str = "") -> Field:
    return Field(name, NUMBER, column or name, none=none)


def _if_any(name: str, column: str = "", none: float = 0.0) -> Field:
    return Field(name, NUMBER, column or name, none=none, may_lack=True)


def _code(name: str, words: Words, column: str) -> Field:
    return Field(name, WORD, column, words)


_BUY_OR_SELL = {codes.LONG: "buy", codes.SHORT: "sell", codes.FLAT: "sell"}
_ORDER = (
    _whole("order_id"),
    _code("side", _BUY_OR_SELL, "side"),
    _code("type", codes.ORDER_TYPE_NAMES, "order_type"),
    _number("qty"),
)
_POSITION = (_whole("trade_id"), _code("side", codes.SIDE_NAMES, "side"), _number("qty"))
_CODE = _code("code", codes.CODE_NAMES, "code")
_EXIT = _code("exit_reason", codes.EXIT_NAMES, "exit_reason")
_EXIT_IF_ANY = _EXIT._replace(none=0, may_lack=True)
_CAP = Field("capped_by", WORD, "capped_by", codes.CAP_NAMES, none=0, may_lack=True)
_ON_PATH = ("phase", codes.PATH)
_PLACE = (  # inside the bar, for what happened on the path
    Field("phase", WORD, "phase", codes.PHASE_NAMES, only=_ON_PATH),
    Field("leg", WHOLE, "leg", only=_ON_PATH, plus=1),
    Field("t", NUMBER, "t", only=_ON_PATH),
)
_FLAGS = tuple(Field(name, TRUE, "flags", only=("flags", bit)) for bit, name in codes.FLAG_NAMES.items())
_HELD = (
    *_POSITION,
    _number("entry_price", "price"),
    _number("margin_usdt"),
    _or_none("liquidation_price"),
    _or_none("stop_price", NO_LEVEL),
    _or_none("target_price"),
)
_GATE = (_CODE, _number("available_usdt", "have"), _number("needed_usdt", "need"))

LAYOUTS: Mapping[int, Layout] = MappingProxyType(
    {
        codes.ORDER_SUBMITTED: (
            *_ORDER,
            _number("reference_price"),
            _if_any("limit_price", "price", NO_LEVEL),
            _if_any("trigger_price", "mark_price", NO_LEVEL),
            _if_any("stop_price", none=NO_LEVEL),
            _if_any("target_price", none=NO_LEVEL),
            _EXIT_IF_ANY,
            _CAP,
        ),
        codes.ORDER_REJECTED: (*_ORDER, _CODE, _number("have"), _number("need"), _CAP),
        codes.ORDER_CANCELLED: (*_ORDER, _CODE),
        # with the part of the slippage that its size caused, and the mark its cost was held against, where there are
        codes.ORDER_FILLED: (
            *_ORDER,
            _number("price"),
            _number("reference_price"),
            _if_any("impact_usdt"),
            _if_any("mark_price"),
            _number("pnl_usdt"),
            _number("fee_usdt"),
            _number("cash_usdt"),
            _whole("trade_id"),
            _EXIT_IF_ANY,
            _CAP,
            *_PLACE,
            *_FLAGS,
        ),
        codes.STOP_MOVED: (
            _whole("order_id"),
            _whole("trade_id"),
            _EXIT,
            _or_none("from_price", NO_LEVEL, "have"),
            _or_none("stop_price", NO_LEVEL),
        ),
        codes.TARGET_MOVED: (
            _whole("order_id"),
            _whole("trade_id"),
            _or_none("from_price", column="have"),
            _number("target_price"),
        ),
        codes.FUNDING_SETTLED: (
            _whole("trade_id"),
            Field("funding_ts", MOMENT, "funding_ts"),
            _number("rate"),
            _number("mark_price"),
            _code("side", codes.SIDE_NAMES, "side"),
            _number("qty"),
            _number("payment_usdt", "funding_usdt"),
            _number("cash_usdt"),
            _or_none("liquidation_price"),
            *_FLAGS,
        ),
        codes.POSITION_OPENED: _HELD,
        codes.POSITION_CHANGED: _HELD,
        codes.POSITION_CLOSED: (
            *_POSITION,
            _number("exit_price", "price"),
            _EXIT,
            _number("net_pnl_usdt", "net_usdt"),
            *_PLACE,
            *_FLAGS,
        ),
        codes.LIQUIDATED: (
            *_POSITION,
            _number("price"),
            _number("mark_price"),
            _number("liquidation_price"),
            _number("margin_usdt"),
            _number("pnl_usdt"),
            _number("fee_usdt"),
            _number("cash_usdt"),
            *_PLACE,
            *_FLAGS,
        ),
        codes.ENTRIES_DISABLED: _GATE,
        codes.ENTRIES_ENABLED: _GATE,
        codes.RUN_STOPPED: (_code("reason", codes.RUN_STATUS_NAMES, "code"), _number("cash_usdt")),
        codes.INSURANCE_COVERED: (_number("amount_usdt", "pnl_usdt"), _number("cash_usdt")),
        codes.WARNED: (
            _whole("order_id"),
            _CODE,
            _number("stop_price", "have"),
            _number("liquidation_price", "need"),
            _or_none("moved_to", column="stop_price"),
        ),
        codes.ORDER_TRIGGERED: (*_ORDER, _number("trigger_price", "price"), *_PLACE),
        codes.MARGIN_ADDED: (
            _whole("trade_id"),
            _number("amount_usdt", "margin_usdt"),
            _or_none("liquidation_price"),
        ),
        codes.POSITION_CUT: (*_POSITION, _number("qty_after", "need"), _number("mark_price"), *_PLACE),
        codes.TF_CLOSED: (
            Field("role", TEXT, "texts"),
            Field("timeframe", TEXT, "texts", at=1),
            Field("bar_ts_close", MOMENT, "funding_ts"),
        ),
        codes.STEPPED: (_number("mark_price"), _number("equity_usdt", "have")),
    }
)
SHARE_WARNED: Layout = (_whole("order_id"), _CODE, _whole("trade_id"), _number("have"), _number("need"))
OF_THE_ACCOUNT = frozenset({codes.ENTRIES_DISABLED, codes.ENTRIES_ENABLED, codes.RUN_STOPPED})


def layout_of(kind: int, code: int) -> Layout:
    """The layout of one event; a warning of a share that is too small has one of its own."""
    return SHARE_WARNED if kind == codes.WARNED and code == codes.SHARE_BELOW_STEP else LAYOUTS[kind]
