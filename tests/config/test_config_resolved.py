"""A resolved system is complete, stable, and reads back as the same system."""

from __future__ import annotations

from typing import Any

import pytest
from config_texts import MINIMAL, system_of
from hypothesis import given
from hypothesis import strategies as st

from btcli.config.loading import parse_system
from btcli.config.model import Window
from btcli.config.resolved import _UNPRINTABLE, identity, resolved_text
from btcli.config.validating import validate
from btcli.digest import digest_of

RESOLVED_MINIMAL = """\
# Every key with its value. btcli wrote this file; it reads back as the same system.
system: minimal
venue: bybit
env: live
symbols: [BTCUSDT]
timeframes:
  exec: 1h
  ltf: 1h
  mtf: 1h
  htf: 1h
windows: {}
account:
  initial_equity_usdt: 10000.0
  leverage: 1.0
  margin_mode: isolated
costs:
  taker_fee_rate: 0.00055
  maker_fee_rate: 0.0002
  slippage_bps: 2.0
  stop_slippage_bps: 5.0
  impact_k: 0.0
  max_participation: none
  funding: settled
  funding_at_entry: venue
  per_symbol: {}
fills:
  path: pessimistic
  limit_rule: trade_through
  trigger_by: last
  mark_source: mark
  take_profit_order: market
  zero_volume: fill
  delay_bars: 0
risk:
  sizing:
    qty: 0.01
  costs_in_risk: true
  max_notional_usdt: none
  stop_equity_usdt: 0.0
  max_drawdown_pct: none
  daily_loss_pct: none
  max_open_positions: none
  max_bars_in_trade: none
  on_liquidation: stop
  liquidation: ladder
  on_opposite_signal: ignore
  stop_vs_liquidation: warn
data:
  derive_from: none
  gaps: refuse
  funding_mark: none
warmup:
  tolerance: 0.0001
  missing: refuse
  bars: {}
instruments: packaged
output:
  events: normal
  equity: ltf
  parquet: false
features: {}
strategy:
  use: ema_rsi_atr
  params: {}
"""

TIERS = (
    "{limit_usdt: 1000, maintenance_rate: 0.01, max_leverage: 20}, "
    "{limit_usdt: 5000, maintenance_rate: 0.02, max_leverage: 10, deduction_usdt: 10}"
)
SPECS = f"{{tick_size: 0.010, qty_step: 1e-3, min_qty: 0.001, max_qty: 5, tiers: [{TIERS}]}}"


def test_every_default_is_spelled_out() -> None:
    """A minimal system resolves to every key there is, in a fixed order."""
    assert resolved_text(parse_system(MINIMAL, "system.yml")) == RESOLVED_MINIMAL


def test_windows_specs_and_costs_are_spelled_out() -> None:
    """Windows as UTC times, inline specs tier by tier, and costs of a symbol read back as they were."""
    system = system_of(
        "windows: {q1: {start: 2024-01-01, end: 2024-03-31}}",
        f"instruments: {{BTCUSDT: {SPECS}}}",
        "costs: {per_symbol: {BTCUSDT: {slippage_bps: 1}}}",
    )
    text = resolved_text(system)
    assert 'q1:\n    start: "2024-01-01T00:00:00.000Z"\n    end: "2024-04-01T00:00:00.000Z"\n' in text
    assert "per_symbol:\n    BTCUSDT:\n      slippage_bps: 1.0\n" in text
    assert '    tick_size: "0.01"\n    qty_step: "0.001"\n' in text
    assert parse_system(text, "resolved.yml") == system


@pytest.mark.parametrize(
    "other",
    [
        MINIMAL.replace("minimal", "another"),
        MINIMAL + "# a comment\n",
        MINIMAL + "fills: {delay_bars: 0, path: pessimistic}\n",
        MINIMAL + "costs: {slippage_bps: 2.0, taker_fee_rate: 5.5e-4}\n",
        MINIMAL.replace("{ltf: 1h}", "{ltf: 60m, exec: 1h}"),
        MINIMAL + "windows: {q1: {start: 2024-01-01, end: 2024-03-31}}\n",
        "\n".join(reversed(MINIMAL.splitlines())),
        MINIMAL + "instruments: packaged\n",
    ],
)
def test_names_comments_order_and_spelled_out_defaults_are_no_part_of_the_identity(other: str) -> None:
    """Two files that say the same thing have the same identity."""
    assert identity(parse_system(other, "b.yml")) == identity(parse_system(MINIMAL, "a.yml"))


@pytest.mark.parametrize(
    "override",
    ["env=demo", "risk.sizing.qty=0.02", "output.equity=exec", "fills.path=adaptive", "strategy.params={a: 1}"],
)
def test_whatever_changes_a_run_changes_the_identity(override: str) -> None:
    """Any value that a run reads, output options included, is part of the identity."""
    assert digest_of(identity(system_of(overrides=(override,)))) != digest_of(identity(system_of()))


def test_the_order_of_features_and_parameters_has_no_meaning() -> None:
    """Names written in another order give the same identity and the same resolved text."""
    one = system_of("features: {ltf: {a: rsi(close), b: atr(14)}, htf: {c: rsi(close)}}")
    two = system_of("features: {htf: {c: rsi(close)}, ltf: {b: atr(14), a: rsi(close)}}")
    assert (identity(one), resolved_text(one)) == (identity(two), resolved_text(two))


def test_a_run_is_resolved_with_its_own_window_alone() -> None:
    """Adding a window to the file changes nothing about a run of another."""
    short = system_of("windows: {q1: {start: 2024-01-01, end: 2024-03-31}}")
    long = system_of("windows: {q2: {start: 2024-04-01, end: 2024-06-30}, q1: {start: 2024-01-01, end: 2024-03-31}}")
    assert resolved_text(short) == resolved_text(long.with_window("q1", long.window("q1")))


def test_a_window_can_be_given_in_milliseconds() -> None:
    """`Window.between` takes the bounds as they are."""
    window = Window.between(1_704_067_200_001, 1_704_067_260_000)
    assert (window.start_ms, window.end_ms) == (1_704_067_200_001, 1_704_067_260_000)


WORDS = st.text(min_size=1, max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**17), 10**17)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name not in ("open", "high", "low", "close", "volume")
)
MOMENTS = st.integers(0, 4 * 10**12)  # 1970 to 2096
POSITIVE = st.floats(1e-9, 1e9)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    """System files as values: all kinds of keys, values and names."""
    start = draw(MOMENTS)
    tree: dict[str, Any] = {
        "system": draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)),
        "venue": draw(st.sampled_from(["bybit", "binance", "sample"])),
        "symbols": [draw(st.from_regex(r"[A-Z0-9]{2,10}", fullmatch=True))],
        "timeframes": draw(st.sampled_from([{"ltf": "15m"}, {"exec": "5m", "ltf": "60m", "mtf": "1h", "htf": "24h"}])),
        "risk": {"sizing": draw(st.dictionaries(st.sampled_from(["qty", "notional_usdt"]), POSITIVE, min_size=1,
                                                max_size=1)),
                 "max_drawdown_pct": draw(st.none() | st.just("none") | st.floats(0.01, 100))},
        "strategy": {"use": draw(WORDS), "params": draw(st.dictionaries(WORDS, NUMBERS | WORDS | st.booleans()))},
        "features": {"ltf": draw(st.dictionaries(NAMES, WORDS, max_size=3))},
        "windows": {"w": Window.between(start, start + draw(st.integers(3_600_000, 10**11))).model_dump(by_alias=True)},
        "account": {"initial_equity_usdt": draw(POSITIVE)},
        "costs": {"slippage_bps": draw(st.floats(0, 9999))},
        "warmup": {"tolerance": draw(st.floats(0, 1, exclude_min=True, exclude_max=True))},
    }  # fmt: skip
    return tree


@given(trees())
def test_a_resolved_system_reads_back_as_the_same_system(tree: dict[str, Any]) -> None:
    """Whatever the values are, the resolved text gives an equal system and resolves to itself."""
    system, findings = validate(tree)
    assert findings == []
    assert system is not None
    text = resolved_text(system)
    again = parse_system(text, "system.resolved.yml")
    assert again == system
    assert resolved_text(again) == text
    assert digest_of(identity(again)) == digest_of(identity(system))


def test_what_yaml_cannot_hold_is_escaped_and_nothing_else() -> None:
    """The characters that YAML 1.2 prints stay as they are, but for its next line and its byte order mark."""
    printed = [(0x09, 0x0A), (0x0D, 0x0D), (0x20, 0x7E), (0xA0, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF)]
    stays = {code for first, last in printed for code in range(first, last + 1)} - {0xFEFF}
    escaped = {code for code in range(0x110000) if _UNPRINTABLE.fullmatch(chr(code))}
    assert escaped == set(range(0x110000)) - stays
