"""Answers that the venues really gave, or print in their documentation, are understood."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from shared_data import shared

from btcli.errors import SourceError
from btcli.sources.answers import candles_of, settlements_of
from btcli.sources.binance.instruments import specs_of as binance_specs
from btcli.sources.bybit.answers import check_symbol, result_of
from btcli.sources.bybit.instruments import specs_of, tier_of
from btcli.sources.http import Again, Reply
from btcli.timeframe import Timeframe

LATER_MS = 2_000_000_000_000


def recorded(name: str) -> Any:
    """The payload of a recording; skips without it."""
    return orjson.loads(shared(f"wire/{name}.json").read_bytes())["payload"]


def replied(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """The value as it came over the wire."""
    body = value.encode() if isinstance(value, str) else orjson.dumps(value)
    return Reply(status, headers or {}, body, "/")


@pytest.mark.parametrize(
    ("name", "label", "volume", "count", "newest"),
    [
        ("bybit/recorded_kline_spot_D_200", "1d", True, 200, None),
        ("bybit/recorded_mark-price-kline_linear_D_200", "1d", False, 200, (24279.66, 24978, 23851.48, 24881.63)),
        ("bybit/recorded_index-price-kline_linear_D_200", "1d", False, 200, None),
        ("bybit/lean_kline_linear_BTCUSDT_1m_20221213", "1m", True, 721, (17429.5, 17435.5, 17429.5, 17435.5)),
        ("bybit/issue_kline_start_mid_interval", "1m", True, 2, (28959.94, 28970.63, 28940.26, 28945.63)),
    ],
)  # fmt: skip
def test_bybit_candles(name: str, label: str, volume: bool, count: int, newest: tuple[float, ...] | None) -> None:
    """Recorded candles come out ascending, as printed."""
    result, _ = result_of(replied(recorded(name)))
    rows = candles_of(result["list"], Timeframe.parse(label), newest_first=True, volume=volume, now_ms=LATER_MS)
    assert len(rows) == count
    assert newest is None or rows[-1][1:5] == newest


def test_bybit_documentation() -> None:
    """The documentation's example is read: three hours, newest first, start and end both included."""
    result, server_ms = result_of(replied(recorded("bybit/docs_kline")[0]))
    rows = candles_of(result["list"], Timeframe.parse("1h"), newest_first=True, volume=True, now_ms=server_ms)
    assert [row[0] for row in rows] == [1670601600000, 1670605200000, 1670608800000]
    assert rows[0] == (1670601600000, 17086.5, 17088.0, 16978.0, 17071.5, 6356.0)
    with pytest.raises(Again, match="the answer is about inverse BTCUSD"):
        check_symbol(result, "BTCUSDT")


def test_bybit_funding() -> None:
    """Recorded funding comes out ascending, as printed."""
    result, _ = result_of(replied(recorded("bybit/recorded_funding-rate-history_linear_BTCUSDT")))
    rows = settlements_of(result["list"], "BTCUSDT", "fundingRateTimestamp", newest_first=True)
    assert rows[0] == (1679587200000, 0.0001)
    assert rows[-2:] == [(1679673600000, -0.00230379), (1679702400000, 0.0001)]


def test_bybit_specs_and_tiers() -> None:
    """Recorded specs and risk limits, with deductions printed or not."""
    specs = [specs_of(item) for item in recorded("bybit/recorded_instruments-info_linear_4")["result"]["list"][:2]]
    assert [each["tick_size"] for each in specs] == ["0.10", "0.01"]
    assert [each["max_qty"] for each in specs] == [1190.0, 7240.0]
    printed = recorded("bybit/snapshot_risk-limit_linear_ADAUSDT_2026-08-05")["result"]["list"]
    assert [tier_of(item)["deduction_usdt"] for item in printed[:4]] == [0.0, 500.0, 2000.0, 4500.0]
    older = recorded("bybit/recorded_risk-limit_linear_BTCUSDT")["result"]["list"]
    assert "deduction_usdt" not in tier_of(older[0])


def test_another_coin_is_refused() -> None:
    """Only perpetuals settled in USDT have specs here."""
    listed = recorded("bybit/recorded_instruments-info_inverse_all")["result"]["list"]
    with pytest.raises(SourceError, match="no perpetual settled in USDT"):
        specs_of(next(item for item in listed if item["settleCoin"] == "USDC"))


def test_bybit_errors() -> None:
    """Every documented error is sorted into asking again, when, or giving up."""
    shapes = recorded("http_errors/shapes")
    waits = {}
    for name, shape in shapes.items():
        reply = replied(shape.get("body", shape.get("body_text")), shape.get("status", 200))
        try:
            result_of(reply._replace(headers=shape.get("headers", {})))
        except Again as error:
            waits[name] = error.wait_s
        except SourceError as error:
            waits[name] = str(error).split(" (")[0]
    assert waits == {
        "api_rate_limit": pytest.approx(0.874),
        "ip_limit": 600.0,
        "system_protection": None,
        "server_timeout": None,
        "server_error": None,
        "param_error": "/ bybit answered 10001",
        "geo_block": 600.0,
    }


def test_a_recorded_refusal_is_final() -> None:
    """The recorded answer to a wrong category is an error that is not asked for again."""
    body = recorded("http_errors/recorded_10001_illegal_category")["response"]["body"]
    with pytest.raises(SourceError, match=r"10001 \(Illegal category\)"):
        result_of(replied(body))


@pytest.mark.parametrize(
    ("name", "label", "count"),
    [
        ("binance/lean_klines_ADAUSDT_1m_20221213", "1m", 1440),
        ("binance/freqtrade_klines_XRPUSDT_1h", "1h", None),
        ("binance/freqtrade_markPriceKlines_XRPUSDT_1h", "1h", None),
        ("binance/docs_mark_price_klines", "1m", 1),
    ],
)
def test_binance_candles(name: str, label: str, count: int | None) -> None:
    """Recorded candles are read, all of them."""
    listed = recorded(name)
    rows = candles_of(listed, Timeframe.parse(label), newest_first=False, volume=True, now_ms=LATER_MS)
    assert len(rows) == (count or len(listed))
    assert rows[0][:2] == (listed[0][0], float(listed[0][1]))


def test_binance_funding() -> None:
    """Recorded funding keeps its jitter."""
    rows = settlements_of(
        recorded("binance/freqtrade_fundingRate_XRPUSDT"), "XRPUSDT", "fundingTime", newest_first=False
    )
    assert rows[:2] == [(1637193600017, 0.0001), (1637222400007, 0.0001)]


def test_binance_specs() -> None:
    """The documented exchange information gives steps and sizes."""
    (item,) = [one for one in recorded("binance/docs_exchange_info")["symbols"] if one["symbol"] == "BTCUSDT"]
    specs = binance_specs(item)
    assert (specs["tick_size"], specs["qty_step"], specs["min_qty"]) == ("0.10", "0.001", 0.001)
