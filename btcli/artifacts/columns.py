"""The columns of a run's three frames: names, types and order, the same for every run."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from btcli.exchange.face.events import EQUITY_COLUMNS

Kinds = dict[str, pl.DataType]
MOMENT: pl.DataType = pl.Datetime("ms", "UTC")
NUMBER, WHOLE, TEXT, TRUTH = pl.Float64(), pl.Int64(), pl.String(), pl.Boolean()


def _each(names: Iterable[str], kind: pl.DataType) -> Kinds:
    return dict.fromkeys(names, kind)


EQUITY_SCHEMA = pl.Schema({"ts": MOMENT, **_each(EQUITY_COLUMNS, NUMBER)})

# The columns of trades.csv, and the tag of the signal that opened the trade.
TRADE_SCHEMA = pl.Schema(
    {
        "trade_id": WHOLE,
        "symbol": TEXT,
        "side": TEXT,
        "qty": NUMBER,
        "entry_ts": MOMENT,
        "entry_price": NUMBER,
        "exit_ts": MOMENT,
        "exit_price": NUMBER,
        "exit_reason": TEXT,
        "gross_pnl_usdt": NUMBER,
        "fees_usdt": NUMBER,
        "funding_usdt": NUMBER,
        "net_pnl_usdt": NUMBER,
        "stop_price": NUMBER,
        "target_price": NUMBER,
        "liquidation_price": NUMBER,
        "mae_usdt": NUMBER,
        "mfe_usdt": NUMBER,
        "bars_held": WHOLE,
        "ambiguous": TRUTH,
        "tag": TEXT,
    }
)
_TARGET = pl.Struct(
    _each(("price", "distance", "share", "stop_price", "stop_distance", "trail_distance", "trail_activation"), NUMBER)
)
_SIZE = pl.Struct(_each(("qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct"), NUMBER))
_ROLES = pl.Struct(_each(("exec", "ltf", "mtf", "htf"), TEXT))

# Every field that any kind of event can have; null where a line of events.jsonl lacks it.
EVENT_SCHEMA = pl.Schema(
    {
        "seq": WHOLE,
        "ts": MOMENT,
        "event": TEXT,
        "symbol": TEXT,
        **_each(("order_id", "trade_id"), WHOLE),
        **_each(("side", "type"), TEXT),
        **_each(("qty", "qty_after", "price", "reference_price", "limit_price", "trigger_price",
                         "mark_price", "entry_price", "exit_price", "stop_price", "target_price",
                         "liquidation_price", "from_price", "moved_to"), NUMBER),
        **_each(("exit_reason", "capped_by", "code"), TEXT),
        **_each(("have", "need", "impact_usdt", "pnl_usdt", "fee_usdt", "cash_usdt", "net_pnl_usdt",
                         "margin_usdt", "amount_usdt"), NUMBER),
        "funding_ts": MOMENT,
        **_each(("rate", "payment_usdt"), NUMBER),
        "phase": TEXT,
        "leg": WHOLE,
        "t": NUMBER,
        **_each(("ambiguous", "bankruptcy_capped", "after_gap", "zero_volume", "mark_fallback", "maker",
                         "opened_at_settlement"), TRUTH),
        **_each(("direction", "action"), TEXT),
        **_each(("stop_distance", "target_distance"), NUMBER),
        **_each(("order", "time_in_force"), TEXT),
        "post_only": TRUTH,
        "expires_after_ms": WHOLE,
        "expires_after": WHOLE,  # of runs before there was a time
        "size": _SIZE,
        "targets": pl.List(_TARGET),
        **_each(("trail_distance", "trail_activation", "break_even_distance"), NUMBER),
        **_each(("add", "cancel", "reduce_only"), TRUTH),
        "reduce_qty": NUMBER,
        "part": WHOLE,
        "add_margin_usdt": NUMBER,
        "tag": TEXT,
        "ready": TRUTH,
        "reasons": pl.List(TEXT),
        **_each(("role", "timeframe"), TEXT),
        "bar_ts_close": MOMENT,
        **_each(("equity_usdt", "available_usdt", "needed_usdt"), NUMBER),
        **_each(("reason", "venue"), TEXT),
        "symbols": pl.List(TEXT),
        "timeframes": _ROLES,
        "start": MOMENT,
        "end": MOMENT,
        "path": TEXT,
        "initial_equity_usdt": NUMBER,
        "steps": WHOLE,
        "status": TEXT,
        "decisions": WHOLE,
        "final_equity_usdt": NUMBER,
    }
)  # fmt: skip
