"""Specs: packaged with their sources, or written in the config and checked as strictly."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from config_texts import MINIMAL, problems_of, system_of
from shared_data import shared

from btcli.config.loading import load_system, parse_system
from btcli.config.specs.instruments import InstrumentSpecs, Tier, load_instruments
from btcli.errors import ConfigError

SPECS = """\
instruments:
  SOLUSDT:
    tick_size: 0.010
    qty_step: "0.1"
    min_qty: 0.1
    max_qty: 5000
    min_notional_usdt: 5
    liquidation_fee_rate: 0.01
    tiers:
      - {limit_usdt: 500000, maintenance_rate: 0.01, max_leverage: 50}
      - {limit_usdt: 1000000, maintenance_rate: 0.0125, max_leverage: 25, initial_rate: 0.05}
      - {limit_usdt: 2000000, maintenance_rate: 0.025, max_leverage: 20, deduction_usdt: 13750.5}
      - {limit_usdt: 4000000, maintenance_rate: 0.05, max_leverage: 10}
    source: my own notes
    as_of: 2024-01-01
"""


def specs_of(venue: str, symbol: str) -> InstrumentSpecs:
    """The packaged specs of one symbol."""
    return load_instruments(system_of(overrides=(f"venue={venue}", f"symbols=[{symbol}]")))[symbol]


@pytest.mark.parametrize(
    ("venue", "symbol", "expected"),
    [
        ("bybit", "BTCUSDT", ("0.1", "0.001", 0.001, 1190.0, 119.0, 5.0, 0.0, 35)),
        ("bybit", "ETHUSDT", ("0.01", "0.01", 0.01, 7240.0, 724.0, 5.0, 0.0, 13)),
        ("binance", "BTCUSDT", ("0.1", "0.001", 0.001, 1000.0, 1000.0, 10.0, 0.012, 12)),
        ("binance", "ETHUSDT", ("0.01", "0.001", 0.001, 10000.0, 10000.0, 10.0, 0.03, 12)),
        ("sample", "BTCUSDT", ("0.1", "0.001", 0.001, 1000.0, 100.0, 5.0, 0.0, 5)),
        ("sample", "ETHUSDT", ("0.01", "0.01", 0.01, 10000.0, 1000.0, 5.0, 0.0, 5)),
    ],
)
def test_packaged_sizes(venue: str, symbol: str, expected: tuple[Any, ...]) -> None:
    """Steps, sizes, clearance fee and number of tiers are those of the snapshot, copied here by hand."""
    specs = specs_of(venue, symbol)
    sizes = (specs.tick_size, specs.qty_step, specs.min_qty, specs.max_qty, specs.max_market_qty)
    assert (*sizes, specs.min_notional_usdt, specs.liquidation_fee_rate, len(specs.tiers)) == expected


@pytest.mark.parametrize(
    ("venue", "symbol", "number", "tier"),
    [
        ("bybit", "BTCUSDT", 1, Tier(2_000_000.0, 0.005, 0.01, 100.0, 0.0)),
        ("bybit", "BTCUSDT", 2, Tier(2_600_000.0, 0.0056, 0.0111, 90.0, 1_200.0)),
        ("bybit", "BTCUSDT", 20, Tier(80_000_000.0, 0.045, 0.0714, 14.0, 1_482_000.0)),
        ("bybit", "BTCUSDT", 35, Tier(1_200_000_000.0, 0.6, 1.0, 1.0, 226_382_000.0)),
        ("bybit", "ETHUSDT", 1, Tier(900_000.0, 0.005, 0.01, 100.0, 0.0)),
        ("bybit", "ETHUSDT", 2, Tier(1_500_000.0, 0.01, 0.02, 50.0, 4_500.0)),
        ("bybit", "ETHUSDT", 10, Tier(18_000_000.0, 0.05, 0.08, 12.5, 294_500.0)),
        ("binance", "BTCUSDT", 1, Tier(50_000.0, 0.004, 0.008, 125.0, 0.0)),
        ("binance", "BTCUSDT", 2, Tier(600_000.0, 0.005, 0.01, 100.0, 50.0)),
        ("binance", "BTCUSDT", 12, Tier(1_800_000_000.0, 0.5, 1.0, 1.0, 421_481_450.0)),
        ("binance", "ETHUSDT", 5, Tier(50_000_000.0, 0.02, 0.04, 25.0, 131_450.0)),
        ("sample", "BTCUSDT", 2, Tier(5_000_000.0, 0.01, 0.02, 50.0, 5_000.0)),
    ],
)
def test_packaged_tiers(venue: str, symbol: str, number: int, tier: Tier) -> None:
    """Tiers are as the venue prints them; what it does not print follows from leverage and the tier below."""
    assert specs_of(venue, symbol).tiers[number - 1] == tier


@pytest.mark.parametrize("venue", ["bybit", "binance", "sample"])
@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
def test_tiers_join_without_a_jump(venue: str, symbol: str) -> None:
    """At each limit the maintenance margin of both tiers is the same, so every deduction fits its tier."""
    tiers = specs_of(venue, symbol).tiers
    for below, above in pairwise(tiers):
        margins = [below.limit_usdt * tier.maintenance_rate - tier.deduction_usdt for tier in (below, above)]
        assert margins[0] == pytest.approx(margins[1], rel=1e-9)


@pytest.mark.parametrize(
    ("venue", "expected"),
    [("bybit", (True, False, False)), ("binance", (False, True, True)), ("sample", (True, False, False))],
)
def test_what_a_venue_keeps_in_the_margin(venue: str, expected: tuple[bool, bool, bool]) -> None:
    """Bybit holds the fee to close in the margin; Binance takes funding from it, and asks no fee of orders."""
    specs = specs_of(venue, "BTCUSDT")
    assert (specs.close_fee_in_margin, specs.funding_from_margin, specs.order_cost_by_mark) == expected


@pytest.mark.parametrize("venue", ["bybit", "binance", "sample"])
def test_every_packaged_symbol_says_where_its_figures_come_from(venue: str) -> None:
    """No packaged specs are without source and date."""
    for symbol in ("BTCUSDT", "ETHUSDT"):
        specs = specs_of(venue, symbol)
        assert "tiers" in specs.source or "all figures" in specs.source
        assert specs.as_of >= "2023"


def test_bybits_tiers_are_those_of_the_recorded_response() -> None:
    """All 35 packaged BTCUSDT tiers equal the recorded risk-limit response, figure by figure."""
    path = shared("wire/bybit/snapshot_risk-limit_linear_BTCUSDT_2026-08-05.json")
    rows = json.loads(path.read_text())["payload"]["result"]["list"]
    keys = ("riskLimitValue", "maintenanceMargin", "initialMargin", "maxLeverage", "mmDeduction")
    assert specs_of("bybit", "BTCUSDT").tiers == tuple(Tier(*(float(row[key] or 0) for key in keys)) for row in rows)


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_binances_tiers_are_those_of_the_published_brackets(coin: str) -> None:
    """All packaged brackets equal the published ones; the initial rate is one over the leverage."""
    brackets = json.loads(shared("data/meta/binance_leverage_tiers.json").read_text())[f"{coin}/USDT:USDT"]
    expected = tuple(
        Tier(
            row["maxNotional"],
            row["maintenanceMarginRate"],
            1 / row["maxLeverage"],
            row["maxLeverage"],
            float(row["info"]["cum"]),
        )
        for row in brackets
    )
    assert specs_of("binance", f"{coin}USDT").tiers == expected


def test_fees_come_from_the_costs_of_the_symbol() -> None:
    """The fee rates of an instrument are those of the config, per symbol before all before the venue."""
    system = system_of("costs: {taker_fee_rate: 0.001, per_symbol: {BTCUSDT: {maker_fee_rate: 0}}}")
    specs = load_instruments(system)["BTCUSDT"]
    assert (specs.taker_fee_rate, specs.maker_fee_rate) == (0.001, 0.0)


def test_specs_can_be_written_in_the_config() -> None:
    """Inline specs give any symbol; what a tier leaves out is derived from leverage and the tier below."""
    specs = load_instruments(system_of(SPECS, overrides=("symbols=[SOLUSDT]",)))["SOLUSDT"]
    assert (specs.tick_size, specs.qty_step, specs.max_market_qty) == ("0.01", "0.1", 5000.0)
    assert (specs.source, specs.as_of, specs.liquidation_fee_rate) == ("my own notes", "2024-01-01", 0.01)
    assert specs.tiers == (
        Tier(500_000.0, 0.01, 0.02, 50.0, 0.0),
        Tier(1_000_000.0, 0.0125, 0.05, 25.0, 1_250.0),
        Tier(2_000_000.0, 0.025, 0.05, 20.0, 13_750.5),
        Tier(4_000_000.0, 0.05, 0.1, 10.0, 63_750.5),
    )


def test_specs_in_the_config_go_before_the_packaged_ones() -> None:
    """A symbol with packaged specs uses those of the config when there are any."""
    text = SPECS.replace("SOLUSDT", "BTCUSDT")
    assert load_instruments(system_of(text))["BTCUSDT"].source == "my own notes"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("tick_size: 0.010", "tick_size: 0", "3:5 instruments.SOLUSDT.tick_size: must be a decimal above 0, got 0"),
        ("tick_size: 0.010", "tick_size: a", "3:5 instruments.SOLUSDT.tick_size: expected a decimal number, got 'a'"),
        ("tick_size: 0.010", "tick_size: .inf", "3:5 instruments.SOLUSDT.tick_size: must be a decimal above 0"),
        ("tick_size: 0.010", "tik_size: 0.01", "3:5 instruments.SOLUSDT.tik_size: unknown key (did you mean tick_size"),
        ("min_qty: 0.1", "min_qty: 0.15", "5:5 instruments.SOLUSDT.min_qty: 0.15 is not a multiple of qty_step 0.1"),
        ("max_qty: 5000", "max_qty: 0.0", "6:5 instruments.SOLUSDT.max_qty: must be above 0, got 0"),
        ("min_qty: 0.1", "min_qty: 6000", "6:5 instruments.SOLUSDT.max_qty: 5000 is below min_qty 6000"),
        ("fee_rate: 0.01", "fee_rate: 1", "8:5 instruments.SOLUSDT.liquidation_fee_rate: must be below 1, got 1"),
        ("{limit_usdt: 500000,", "{limit: 500000,", "10:10 instruments.SOLUSDT.tiers[0].limit: unknown key (did you"),
        ("limit_usdt: 1000000", "limit_usdt: 500000", "9:5 instruments.SOLUSDT.tiers: limits must rise, 500000"),
        ("max_leverage: 25", "max_leverage: 60", "9:5 instruments.SOLUSDT.tiers: the tier up to 1e+06 asks for less"),
        ("max_leverage: 25", "max_leverage: 0", "11:57 instruments.SOLUSDT.tiers[1].max_leverage: must be at least 1"),
    ],
)
def test_inline_specs_are_checked_like_everything_else(old: str, new: str, problem: str) -> None:
    """A mistake in inline specs is told with its place, down to the tier."""
    text = SPECS.replace(old, new) + MINIMAL.replace("BTCUSDT", "SOLUSDT")
    (found,) = problems_of(text)
    assert found.startswith(f"system.yml:{problem}")


def test_specs_without_tiers_are_refused() -> None:
    """A symbol needs at least one tier."""
    text = SPECS[: SPECS.index("    tiers:")] + "    tiers: []\n" + MINIMAL.replace("BTCUSDT", "SOLUSDT")
    assert problems_of(text) == ["system.yml:9:5 instruments.SOLUSDT.tiers: must not be empty"]


def test_an_unknown_symbol_says_how_to_write_its_specs() -> None:
    """A symbol without specs is refused with the place of `symbols` and an example of inline specs."""
    with pytest.raises(ConfigError) as caught:
        load_instruments(system_of(overrides=("symbols=[SOLUSDT]",)))
    said = str(caught.value)
    assert said.startswith("--set symbols no trading rules of SOLUSDT on bybit (packaged: BTCUSDT, ETHUSDT)")
    assert "instruments: {SOLUSDT: {tick_size: 0.0001" in said
    with pytest.raises(ConfigError, match=r"^system\.yml:3:1 no trading rules of BTCUSD "):
        load_instruments(parse_system(MINIMAL.replace("BTCUSDT", "BTCUSD"), "system.yml"))


def test_a_leverage_above_every_tier_is_refused_before_the_run() -> None:
    """The lowest tier of the symbol allows 50: with 51 every entry would be refused, with 50 small ones are not."""
    text = MINIMAL.replace("BTCUSDT", "SOLUSDT") + SPECS
    with pytest.raises(ConfigError) as caught:
        load_instruments(parse_system(text, "system.yml", ("account.leverage=51",)))
    said = str(caught.value)
    assert said.startswith("--set account.leverage a leverage of 51 is more than any position in SOLUSDT may have")
    assert "its lowest tier allows 50" in said
    assert load_instruments(parse_system(text, "system.yml", ("account.leverage=50",)))


def test_a_snapshot_file_beside_the_system_gives_the_specs(tmp_path: Path) -> None:
    """`instruments: path` reads a snapshot relative to the system file and spells its specs out."""
    tiers = [{"limit_usdt": 1000, "maintenance_rate": 0.01, "max_leverage": 10}]
    specs = {"tick_size": "0.5", "qty_step": "1", "min_qty": 1, "max_qty": 10, "tiers": tiers, "source": {"all": "me"}}
    snapshot = {"format": 1, "as_of": "2024-02-03", "instruments": {"BTCUSDT": specs, "OTHER": {"broken": 1}}}
    (tmp_path / "mine.json").write_text(json.dumps(snapshot))
    (tmp_path / "system.yml").write_text(MINIMAL + "instruments: mine.json\n")
    system = load_system(tmp_path / "system.yml")
    found = load_instruments(system)["BTCUSDT"]
    assert (found.tick_size, found.as_of, found.source) == ("0.5", "2024-02-03", "all: me")
    assert set(system.instruments) == {"BTCUSDT"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "mine.json: Expecting property name"),
        ('{"format": 1, "x": NaN}', "mine.json: has NaN, which is no number"),
        ("[]", "mine.json: is no snapshot of trading rules (format 1)"),
        ('{"format": 1}', "mine.json: has no rules under the key instruments"),
        ('{"format": 1, "instruments": {"BTCUSDT": 5}}', "mine.json: has no rules under the key instruments"),
    ],
)
def test_a_snapshot_that_is_none_is_a_problem_of_its_key(tmp_path: Path, content: str, problem: str) -> None:
    """A file that cannot be used is told at `instruments`, with the other problems."""
    (tmp_path / "mine.json").write_text(content)
    (tmp_path / "system.yml").write_text(MINIMAL + "instruments: mine.json\n")
    with pytest.raises(ConfigError) as caught:
        load_system(tmp_path / "system.yml")
    assert f"system.yml:7:1 instruments: {problem}" in str(caught.value)


def test_the_digest_is_over_the_figures() -> None:
    """Where the figures were read does not change the digest; any figure does."""
    specs = specs_of("bybit", "BTCUSDT")
    assert replace(specs, source="elsewhere", as_of="2020-01-01").digest == specs.digest
    assert replace(specs, tick_size="0.2").digest != specs.digest
    assert replace(specs, tiers=specs.tiers[:-1]).digest != specs.digest
    assert replace(specs, taker_fee_rate=0.0).digest != specs.digest
