"""Records as the kernel leaves them in its buffers, of every kind and with every number, drawn from a seed."""

from __future__ import annotations

import numpy as np

from btcli.exchange.book import codes
from btcli.exchange.book.asked import NO_EXPIRY, WISH
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import Records
from btcli.exchange.book.told import EVENT, TRADE
from btcli.exchange.face.calendar import Texts
from btcli.exchange.face.telling import EndedTrades, Told

MARCH = 1_709_251_500_000  # 2024-03-01T00:05Z
SYMBOLS = ("BTCUSDT", "1000PEPE-Ü%s")
TEXTS = ("", "htf", "4h", 'no "htf" bar, -0.0 %d', "nul\\l 🚀")
ODD = (0.0, -0.0, 5e-324, -5e-324, 1.7976931348623157e308, 1e16, 1e15, 123456789012345680.0, 1e-5, 1e-7, 0.1 + 0.2,
       -1.0, 100.0, 1e22, 1e21, 9007199254740993.0, 2.2250738585072014e-308)  # fmt: skip
_CODES = {
    "side": (1, -1),
    "order_type": range(len(codes.ORDER_TYPE_NAMES)),
    "code": range(1, len(codes.RUN_STATUS_NAMES)),
    "exit_reason": range(len(codes.EXIT_NAMES)),
    "capped_by": range(len(codes.CAP_NAMES)),
    "phase": range(len(codes.PHASE_NAMES)),
    "leg": range(3),
    "symbol": range(len(SYMBOLS)),
    "order_id": range(8),
}


def numbers(rng: np.random.Generator, count: int) -> np.ndarray:
    """Prices, amounts, any bits at all, and the odd ones; all finite."""
    drawn = [
        np.round(rng.normal(30_000.0, 9_000.0, count), 1),
        rng.normal(0.0, 1.0, count) * 10.0 ** rng.integers(-320, 300, count),
        rng.choice(ODD, count),
        np.nan_to_num(rng.integers(-(2**63), 2**63, count).view(np.float64), posinf=1.0, neginf=-1.0),
        rng.integers(-1000, 1000, count).astype(np.float64),
    ]
    return np.choose(rng.integers(0, len(drawn), count), drawn)


def told_of(seed: int, count: int = 60, kinds: tuple[int, ...] = tuple(codes.EVENT_NAMES)) -> Told:
    """Events of these kinds in the order of time."""
    rng = np.random.default_rng(seed)
    records = np.zeros(count, EVENT)
    for name in EVENT.names or ():
        if name in _CODES:
            records[name] = rng.choice(np.array(_CODES[name]), count)
        elif EVENT[name] == np.float64:
            records[name] = np.where(rng.random(count) < 0.2, NO_LEVEL, numbers(rng, count)) if name in (
                "stop_price", "target_price"
            ) else numbers(rng, count)  # fmt: skip
    records["kind"] = rng.choice(np.array(kinds), count)
    records["flags"] = np.where(rng.random(count) < 0.3, rng.integers(0, 128, count), 0)
    records["ts"] = np.sort(MARCH + rng.integers(0, 50, count) * 30_000 + rng.choice([0, 0, 0, 7], count))
    records["funding_ts"] = MARCH + rng.integers(-(10**9), 10**9, count)
    records["texts"] = rng.integers(0, len(TEXTS), (count, 3))
    may_lack = np.isin(records["kind"], (codes.ORDER_SUBMITTED, codes.STOP_MOVED))
    for name in ("price", "mark_price", "have"):  # levels of orders and of stops that move
        records[name][may_lack & (rng.random(count) < 0.4)] = NO_LEVEL
    held = np.isin(records["kind"], (codes.POSITION_OPENED, codes.POSITION_CHANGED, codes.TARGET_MOVED))
    records["target_price"][held & np.isinf(records["target_price"])] = 0.0
    records["stop_price"][(records["kind"] == codes.WARNED) & np.isinf(records["stop_price"])] = 0.0
    for name in ("impact_usdt", "liquidation_price"):
        records[name][rng.random(count) < 0.5] = 0.0
    return Told(records, wishes_of(rng, 8), Texts(TEXTS), SYMBOLS)


def wishes_of(rng: np.random.Generator, count: int) -> Records:
    """Wishes with levels, shares and sizes, many of them not given."""
    wishes = np.zeros(count, WISH)
    order = wishes["order"]
    wishes["direction"] = rng.integers(-1, 2, count)
    for name in ("adds", "cancels", "reduce_only"):
        wishes[name] = rng.random(count) < 0.2
    wishes["expires_after_ms"] = np.where(rng.random(count) < 0.7, NO_EXPIRY, rng.integers(-1, 5, count))
    wishes["n_targets"] = np.where(rng.random(count) < 0.8, 0, 2)
    wishes["target_share"] = rng.random(wishes["target_share"].shape)
    levels = ("stop_price", "stop_distance", "price", "trigger_price", "trail_distance", "trail_activation",
              "break_even_distance", "qty", "target_price", "target_distance")  # fmt: skip
    for name in levels:
        shape = order[name].shape
        values = numbers(rng, int(np.prod(shape))).reshape(shape)
        order[name] = np.where(rng.random(shape) < 0.6, NO_LEVEL, values)
    wishes["add_margin_usdt"] = np.where(rng.random(count) < 0.8, NO_LEVEL, numbers(rng, count))
    order["type"] = rng.integers(0, 4, count)
    order["time_in_force"] = rng.integers(0, 3, count)
    order["post_only"] = rng.random(count) < 0.2
    order["sizing"] = np.where(rng.random(count) < 0.8, -1, rng.integers(0, 5, count))
    order["sizing_value"] = numbers(rng, count)
    wishes["order"] = order
    return wishes


def trades_of(seed: int, count: int = 40) -> EndedTrades:
    """Trades with every number."""
    rng = np.random.default_rng(seed)
    records = np.zeros(count, TRADE)
    for name in TRADE.names or ():
        if TRADE[name] == np.float64:
            records[name] = numbers(rng, count)
    for name in ("gross_usdt", "fees_usdt", "funding_usdt"):  # their difference stays finite
        records[name] = np.round(rng.normal(0.0, 100.0, count), 4)
    records["trade_id"] = np.arange(1, count + 1)
    records["symbol"] = rng.integers(0, len(SYMBOLS), count)
    records["side"] = rng.choice([1, -1], count)
    records["exit_reason"] = rng.integers(1, len(codes.EXIT_NAMES), count)
    records["entry_ts"] = MARCH + rng.integers(0, 10**9, count)
    records["exit_ts"] = records["entry_ts"] + rng.integers(0, 10**9, count)
    records["stop_price"][rng.random(count) < 0.3] = NO_LEVEL
    for name in ("target_price", "liquidation_price"):
        records[name][rng.random(count) < 0.3] = 0.0
    records["bars_held"] = rng.integers(0, 10**6, count)
    records["is_ambiguous"] = rng.integers(0, 2, count)
    return EndedTrades(records, SYMBOLS)
