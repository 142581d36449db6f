"""What the names of files say: symbols in the spellings of venues and tools, contracts, series and lengths."""

from __future__ import annotations

import pytest

from btcli.market.importing.filenames import says


@pytest.mark.parametrize(
    ("name", "symbol", "kind"),
    [
        ("BTCUSDT-1h-2024-01.csv", "BTCUSDT", ""),
        ("BTCUSDT-1m-2024-01-01.zip", "BTCUSDT", ""),
        ("BTC_USDT_USDT-5m-futures.feather", "BTCUSDT", "perpetual"),
        ("BTC_USDT-5m.json", "BTCUSDT", ""),
        ("BTC-USDT-SWAP-candles-2024-01.csv", "BTCUSDT", "perpetual"),
        ("okx_ETH-USDT-SWAP_1m.csv", "ETHUSDT", "perpetual"),
        ("Binance_BTCUSDT_1h.csv", "BTCUSDT", ""),
        ("BYBIT_BTCUSDT.P, 60.csv", "BTCUSDT", "perpetual"),
        ("1000PEPEUSDT-1m.parquet", "1000PEPEUSDT", ""),
        ("20240101_btcusdt_minute_trade.csv", "BTCUSDT", ""),
        ("BTCUSDT.csv", "BTCUSDT", ""),
        ("BTCUSDT_240628-1h.csv", "BTCUSDT", "dated"),
        ("BTC-USDT-240628.csv", "BTCUSDT", "dated"),
        ("BTCUSDT-28JUN24-1m.csv", "BTCUSDT", "dated"),
        ("BTCUSDT-202401.csv", "BTCUSDT", ""),
        ("BTCUSDT_20240101.csv", "BTCUSDT", ""),
        ("BTCUSD_PERP-1h.csv", "BTCUSD", "inverse"),
        ("BTC-USD.csv", "BTCUSD", ""),
        ("币安人生USDT-1h.csv", "币安人生USDT", ""),
        ("BTCPERP-1h.csv", "BTCPERP", "perpetual"),
    ],
)
def test_a_symbol_is_found_in_a_name(name: str, symbol: str, kind: str) -> None:
    """With the contract, where the name says it; a day or a month of the data is no date of a contract."""
    found = says([name]).symbol
    assert found is not None
    assert (found.symbol, found.kind) == (symbol, kind)


@pytest.mark.parametrize(
    "name", ["candles.csv", "data.parquet", "BTCUSDT-ETHUSDT.csv", "my usdt file.csv", "2024-01.csv"]
)
def test_a_name_without_one_symbol_says_none(name: str) -> None:
    """Nor does one with two."""
    assert says([name]).symbol is None


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("BTCUSDT-fundingRate-2024-01.csv", "funding"),
        ("BTC_USDT_USDT-8h-funding_rate.feather", "funding"),
        ("BTCUSDT-funding.csv", "funding"),
        ("BTC_USDT_USDT-1h-mark.feather", "mark"),
        ("BTCUSDT-markPriceKlines-1h.zip", "mark"),
        ("BTCUSDT_mark_price_1m.csv", "mark"),
        ("BTCUSDT-premiumIndexKlines.csv", "index"),
        ("BTCUSDT-index-price-1m.csv", "index"),
        ("BTCUSDT_index.csv", "index"),
        ("index.csv", None),
        ("frame with index.csv", None),
        ("BTCUSDT-premium.csv", "index"),
        ("BTCUSD_Candlestick_1_h_BID.csv", "quotes"),
        ("BTCUSDT-trade-1h.csv", "trade"),
        ("tradingview BTCUSDT.csv", None),
        ("market BTCUSDT.csv", None),
        ("BTCUSDT-benchmark.csv", None),
        ("marketBTCUSDT.csv", None),
    ],
)
def test_a_series_is_found_in_a_name(name: str, series: str | None) -> None:
    """A market and a benchmark are no mark price."""
    found = says([name]).series
    assert (found[0] if found else None) == series


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("BTCUSDT-spot-1m.csv", "spot"),
        ("BTCUSDT_um_1m.csv", "perpetual"),
        ("BTCUSDT-cm-1m.csv", "inverse"),
        ("BTC_USDT_USDT-5m-futures.feather", "perpetual"),
        ("BTCUSDT-spotty.csv", None),
        ("um spot BTCUSDT.csv", None),
    ],
)
def test_a_market_is_found_in_a_name(name: str, kind: str | None) -> None:
    """By whole words, and not where two contradict each other."""
    found = says([name]).market
    assert (found[0] if found else None) == kind


@pytest.mark.parametrize(
    ("name", "lengths"),
    [
        ("BTCUSDT-1h-2024-01.csv", ["1h"]),
        ("BTCUSDT-60min.csv", ["1h"]),
        ("BTCUSDT_1d.csv", ["1d"]),
        ("BTCUSDT-last-30d-1h.csv", ["1h"]),
        ("BTCUSDT-7m.csv", []),
        ("BTCUSDT-2024-01.csv", []),
    ],
)
def test_a_length_is_found_in_a_name(name: str, lengths: list[str]) -> None:
    """Lengths that candles have; 30d is a span."""
    assert [each.label for each in says([name]).lengths] == lengths
