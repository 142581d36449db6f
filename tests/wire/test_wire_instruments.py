"""Specs over the wire, in the form of a snapshot file."""

from __future__ import annotations

import pytest
from wire.venue_server import VenueServer
from wire.wire_rig import NOW, VENUES, rig_of, usual_market

from btcli.config.specs.symbol import SymbolSpecs
from btcli.errors import SourceError
from btcli.sources.answers import life_of
from btcli.sources.http import Again
from btcli.timeframe import utc_text


def _asked(monkeypatch: pytest.MonkeyPatch, venue: str, symbol: str = "BTCUSDT", fault: str = "") -> dict[str, object]:
    market = usual_market()
    with VenueServer(market) as server:
        if fault:
            server.fail(fault, path="info" if venue == "bybit" else "Info")
        with rig_of(monkeypatch, venue, market, server).source() as source:
            (specs,) = source.instruments([symbol])
    return specs


def test_bybit_tells_specs_and_tiers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps as printed, sizes as numbers, tiers with their deductions, the day and the sources."""
    specs = _asked(monkeypatch, "bybit")
    assert specs["symbol"] == "BTCUSDT"
    assert specs["as_of"] == "2024-01-05"
    assert (specs["tick_size"], specs["qty_step"], specs["max_market_qty"]) == ("0.10", "0.001", 119.0)
    assert specs["min_notional_usdt"] == 5.0
    assert specs["tiers"] == [
        {
            "limit_usdt": 2e6,
            "maintenance_rate": 0.005,
            "initial_rate": 0.01,
            "max_leverage": 100.0,
            "deduction_usdt": 0.0,
        },
        {
            "limit_usdt": 2.6e6,
            "maintenance_rate": 0.0056,
            "initial_rate": 0.0111,
            "max_leverage": 90.0,
            "deduction_usdt": 1200.0,
        },
    ]


def test_binance_takes_its_tiers_from_the_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps and sizes are today's, the tiers, which are not public, are the packaged ones and say so."""
    specs = _asked(monkeypatch, "binance")
    assert (specs["tick_size"], specs["min_notional_usdt"], specs["liquidation_fee_rate"]) == ("0.10", 100.0, 0.0125)
    assert len(specs["tiers"]) > 5  # type: ignore[arg-type]
    assert specs["source"]["steps and sizes"] == "Binance GET /fapi/v1/exchangeInfo, 2024-01-05"  # type: ignore[index]


@pytest.mark.parametrize("venue", VENUES)
def test_specs_fit_a_config(monkeypatch: pytest.MonkeyPatch, venue: str) -> None:
    """What a venue tells can stand in a snapshot file as it is."""
    specs = _asked(monkeypatch, venue)
    del specs["symbol"]
    assert SymbolSpecs.model_validate({**specs, "source": "both"}).min_qty == 0.001


def test_the_listing_is_the_venues_own_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both venues say when a symbol was listed; 0 and the year 2100 stand for no delisting."""
    bybit, binance = _asked(monkeypatch, "bybit"), _asked(monkeypatch, "binance")
    first_ms = usual_market().first_ms
    assert (bybit["listed"], binance["listed"]) == (utc_text(first_ms - 5 * 86_400_000), utc_text(first_ms))
    assert not {"delisted"} & {*bybit, *binance}


@pytest.mark.parametrize(
    ("item", "life"),
    [
        ({}, {}),
        ({"on": "0", "off": 0}, {}),
        ({"on": "", "off": None}, {}),
        ({"on": 1_643_007_175_000, "off": 4_133_404_800_000}, {"listed": "2022-01-24T06:52:55.000Z"}),
        ({"on": "0", "off": "1706688000000"}, {"delisted": "2024-01-31T08:00:00.000Z"}),
    ],
)
def test_times_that_mean_nothing_are_left_out(item: dict[str, object], life: dict[str, str]) -> None:
    """What is missing, empty, zero or beyond this century is no listing and no delisting."""
    assert life_of(item, "on", "off") == life


def test_a_listing_that_is_no_time_is_an_error() -> None:
    """Junk is not taken for "nothing said"."""
    with pytest.raises(Again, match="no time in milliseconds"):
        life_of({"on": "soon"}, "on", "off")


@pytest.mark.parametrize("venue", VENUES)
def test_an_unknown_symbol_has_no_specs(monkeypatch: pytest.MonkeyPatch, venue: str) -> None:
    """A symbol that the venue does not list as a perpetual is an error, not an empty answer."""
    with pytest.raises(SourceError, match=r"symbol invalid|NOPEUSDT is no perpetual"):
        _asked(monkeypatch, venue, "NOPEUSDT")


@pytest.mark.parametrize("venue", VENUES)
def test_broken_specs_are_an_error(monkeypatch: pytest.MonkeyPatch, venue: str) -> None:
    """Half an answer about specs is none."""
    with pytest.raises(SourceError, match="no complete JSON"):
        _asked(monkeypatch, venue, fault="truncated")


@pytest.mark.parametrize("venue", VENUES)
def test_the_clock_is_the_venues(monkeypatch: pytest.MonkeyPatch, venue: str) -> None:
    """The server's time arrives in milliseconds."""
    market = usual_market()
    with VenueServer(market) as server, rig_of(monkeypatch, venue, market, server).source() as source:
        assert source.server_time_ms() == NOW


def test_an_answer_without_any_symbol_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty list is no word about a symbol: it is asked for again, and then told as what it is."""
    market = usual_market()
    with VenueServer(market) as server:
        rig = rig_of(monkeypatch, "binance", market, server)
        server.markets = []
        monkeypatch.setattr(VenueServer, "now_ms", NOW)
        with rig.source() as source, pytest.raises(SourceError, match="lists no symbol at all"):
            source.instruments(["BTCUSDT"])
        assert server.asked("exchangeInfo") == 3
