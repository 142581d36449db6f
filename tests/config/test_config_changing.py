"""Systems with some of their values changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from btcli.config.changing import changed, tree_of
from btcli.config.loading import parse_system
from btcli.config.resolved import identity
from btcli.errors import ConfigError

TEXT = """
system: small
venue: bybit
symbols: [BTCUSDT]
timeframes: {ltf: 1m}
windows: {w: {start: 2024-01-01, end: 2024-01-02}}
account: {initial_equity_usdt: 1000, leverage: 5}
risk: {sizing: {qty: 0.1}}
features: {ltf: {f: "ema(close, 12)"}}
strategy: {use: ema_rsi_atr}
"""
SYSTEM = parse_system(TEXT, "small.yml")
TREE = tree_of(SYSTEM)


@pytest.mark.parametrize(
    ("key", "value", "written"),
    [
        ("account.leverage", 3, "3"),
        ("risk.sizing.risk_pct", 1.5, "1.5"),
        ("costs.slippage_bps", 2.5, "2.5"),
        ("features.ltf.f", "ema(close, 9)", '"ema(close, 9)"'),
        ("features.ltf.slow", "sma(close, 50)", '"sma(close, 50)"'),
        ("fills.path", "optimistic", "optimistic"),
        ("strategy.params", {"rsi_period": 9}, "{rsi_period: 9}"),
        ("risk.max_drawdown_pct", None, "none"),
        ("account.margin_mode", "cross", "cross"),
    ],
)
def test_a_change_is_what_set_makes_of_it(key: str, value: Any, written: str) -> None:
    """The same system comes of a changed value as of --set with the same one."""
    asked = parse_system(TEXT, "small.yml", [f"{key}={written}"])
    assert identity(changed(SYSTEM, TREE, {key: value})) == identity(asked)


@pytest.mark.parametrize(
    "before", [(), ("account.margin_mode=cross",), ("account={leverage: 9}", "warmup.bars={ltf: 7}")]
)
def test_changes_come_on_top_of_what_was_set(before: tuple[str, ...]) -> None:
    """A system that was read with --set keeps what that set, and no default that followed from it."""
    system = parse_system(TEXT, "small.yml", before)
    asked = parse_system(TEXT, "small.yml", [*before, "account.margin_mode=isolated", "costs.slippage_bps=2"])
    changes = {"account.margin_mode": "isolated", "costs.slippage_bps": 2}
    assert identity(changed(system, tree_of(system), changes)) == identity(asked)


def test_no_change_gives_an_equal_system() -> None:
    """Nothing is lost on the way through plain values, and neither system nor tree is touched by changes."""
    changed(SYSTEM, TREE, {"account.leverage": 7})
    assert changed(SYSTEM, TREE, {}) == SYSTEM == parse_system(TEXT, "small.yml")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("account.leverage", 0),
        ("account.leverages", 3),
        ("risk.sizing.qty", "much"),
        ("costs.slippage_bps", -1),
        ("nothing.there", 1),
        ("account.leverage.deep", 1),
    ],
)
def test_a_value_that_cannot_be_is_refused_at_its_key(key: str, value: Any) -> None:
    """What --set would refuse is refused here, with the key it is about."""
    with pytest.raises(ConfigError) as refused:
        changed(SYSTEM, TREE, {key: value})
    assert key.startswith(refused.value.problems[0].where.partition("[")[0])


@pytest.mark.parametrize(
    "key", ["symbols", "timeframes.ltf", "windows.w.start", "venue", "costs.funding", "costs", "fills.mark_source"]
)
def test_what_the_world_was_built_of_cannot_change(key: str) -> None:
    """Data, steps and settlements are those of the world: a trial that asks for others is told so at its key."""
    with pytest.raises(ConfigError, match="is the same in all trials over one world") as refused:
        changed(SYSTEM, TREE, {key: "x"})
    assert refused.value.problems[0].where == key


def test_the_file_of_the_system_is_not_needed(tmp_path: Path) -> None:
    """A system from a file that is gone can be changed."""
    file = tmp_path / "small.yml"
    file.write_text(TEXT)
    system = parse_system(file.read_text(), str(file))
    file.unlink()
    assert changed(system, tree_of(system), {"account.leverage": 2}).account.leverage == 2
