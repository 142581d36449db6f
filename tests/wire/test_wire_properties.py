"""What holds whatever a venue does: pages are true, nothing is invented, and what is not there is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire.venue_faults import FAULTS
from wire.venue_server import Market, VenueServer
from wire.venue_world import HOUR_MS, ms
from wire.wire_rig import END, ONE, START, VENUES, FakeTime, Rig, minutes, usual_market

from btcli.errors import SourceError
from btcli.sources.answers import candles_of, settlements_of
from btcli.sources.binance.answers import value_of
from btcli.sources.binance.instruments import specs_of as binance_specs
from btcli.sources.bybit.answers import check_symbol, result_of
from btcli.sources.bybit.instruments import specs_of, tier_of
from btcli.sources.http import Again, Reply

SPAN = (END - START) // ONE.ms
PASSING = sorted(
    set(FAULTS) - {"timeout", "http_403", "http_418", "retcode_10009", "no_header", "wrong_checksum", "changed"}
)
holes = st.lists(
    st.tuples(st.integers(-20, SPAN + 20), st.integers(1, 1700), st.sampled_from([None, None, 1, 2])), max_size=4
)
faults = st.lists(st.tuples(st.sampled_from(PASSING), st.integers(1, 2), st.integers(0, 4)), max_size=3)


@pytest.fixture(scope="module")
def server() -> Iterator[VenueServer]:
    """One server for all examples."""
    market = usual_market(hourly_from_ms=ms("2024-01-02T16:00"))
    with pytest.MonkeyPatch.context() as patch, VenueServer(market) as running:
        for name in ("BTCLI_BYBIT_URL", "BTCLI_BINANCE_URL"):
            patch.setenv(name, running.url)
        patch.setenv("BTCLI_BINANCE_ARCHIVE_URL", "none")
        yield running


def _spoil(server: VenueServer, kind: str, step_ms: int, hidden: Any, spoiled: Any) -> list[tuple[int, int]]:
    """Set the server up and return the ranges that it does not show in two answers or more."""
    server.mend()
    server.requests.clear()
    spans = [(START + first * step_ms, START + (first + count) * step_ms, answers) for first, count, answers in hidden]
    for start, end, answers in spans:
        server.hide(kind, start, end, answers)
    for name, times, skip in spoiled:
        server.fail(name, times, skip=skip)
    return [span[:2] for span in spans if span[2] != 1]


@pytest.mark.long
@pytest.mark.parametrize("at_once", [1, 3])
@pytest.mark.parametrize("venue", VENUES)
@settings(max_examples=20)
@given(hidden=holes, spoiled=faults)
def test_candles_are_true_or_named(server: VenueServer, venue: str, at_once: int, hidden: Any, spoiled: Any) -> None:
    """Pages equal the market and never overlap, absent is only what two answers lack, and a gap comes with an error."""
    never = _spoil(server, "trade", ONE.ms, hidden, spoiled)
    brought = Rig(server, server.markets[0], FakeTime(), venue).candles(at_once=at_once)
    for absent in brought.absent:
        for ts in range(absent.start_ms, absent.end_ms, ONE.ms):
            assert any(start <= ts < end for start, end in never)
    if brought.covered != [(START, END)]:
        assert brought.complaint
    else:
        assert brought.error is None


@pytest.mark.long
@pytest.mark.parametrize("venue", VENUES)
@settings(max_examples=20)
@given(
    hidden=st.lists(st.tuples(st.integers(-10, 80), st.integers(1, 20), st.sampled_from([None, 1])), max_size=3),
    spoiled=faults,
)
def test_funding_is_true_or_named(server: VenueServer, venue: str, hidden: Any, spoiled: Any) -> None:
    """Every settlement in a covered range is there, or its range is told to be absent or missing."""
    never = _spoil(server, "funding", HOUR_MS, hidden, spoiled)
    market: Market = server.markets[0]
    brought = Rig(server, market, FakeTime(), venue).funding()
    delivered = {ts for ts, _ in brought.rows}
    for page in brought.pages:
        for ts, _ in market.settlements():
            hiding = any(start <= ts < end for start, end in never)
            assert ts in delivered or hiding or not page.start_ms <= ts < page.end_ms
    if brought.covered != [(START, END)]:
        assert brought.complaint


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4) | st.just("²"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
BYBIT = {
    "retCode": 0,
    "result": {
        "symbol": "BTCUSDT",
        "category": "linear",
        "list": [[str(START + minutes(1)), "3", "4", "2", "3.5", "1", "9"], [str(START), "3", "4", "2", "3", "1", "9"]],
    },
    "time": END,
}
FUNDING = [{"symbol": "BTCUSDT", "fundingRate": "0.0001", "fundingTime": START}]
SPECS = {
    "symbol": "BTCUSDT",
    "contractType": "LinearPerpetual",
    "settleCoin": "USDT",
    "priceFilter": {"tickSize": "0.1"},
    "lotSizeFilter": {
        "qtyStep": "0.001", "minOrderQty": "0.001", "maxOrderQty": "9", "maxMktOrderQty": "9", "minNotionalValue": "5",
    },
}  # fmt: skip
FILTERS = {
    "liquidationFee": "0.01",
    "filters": [
        {"filterType": "PRICE_FILTER", "tickSize": "0.1"},
        {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.001", "maxQty": "9"},
        {"filterType": "MARKET_LOT_SIZE", "maxQty": "9"},
        {"filterType": "MIN_NOTIONAL", "notional": "5"},
    ],
}
TIER = {
    "riskLimitValue": "9",
    "maintenanceMargin": "0.1",
    "initialMargin": "0.2",
    "maxLeverage": "5",
    "mmDeduction": "",
}


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, below in inner for place in _places(below, (*path, key)))]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


def _read_bybit(value: Any) -> None:
    result, server_ms = result_of(Reply(200, {}, orjson.dumps(value), "/"))
    check_symbol(result, "BTCUSDT")
    candles_of(result.get("list"), ONE, newest_first=True, volume=True, now_ms=server_ms)


def _read_binance(value: Any) -> None:
    listed = value_of(Reply(200, {}, orjson.dumps(value), "/"))
    settlements_of(listed, "BTCUSDT", "fundingTime", newest_first=False)


READERS = {
    "bybit candles": (BYBIT, _read_bybit),
    "binance funding": (FUNDING, _read_binance),
    "bybit rules": (SPECS, specs_of),
    "bybit tiers": (TIER, tier_of),
    "binance rules": (FILTERS, binance_specs),
}


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=200)
@given(data=st.data())
def test_junk_is_refused_not_stumbled_over(reader: str, data: st.DataObject) -> None:
    """Whatever stands in any place of an answer, reading it ends well or with the two kinds of refusal."""
    value, read = READERS[reader]
    read(value)
    spoiled = _replaced(value, data.draw(st.sampled_from(_places(value))), data.draw(junk))
    try:
        orjson.dumps(spoiled)
    except TypeError:
        return
    try:
        read(spoiled)
    except (Again, SourceError):
        return
