"""Systems with some of their values changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from btcli.config import checks
from btcli.config.changing import changed, needs_another_world, tree_of
from btcli.config.findings import key_of
from btcli.config.loading import parse_system
from btcli.config.model import System, Window
from btcli.config.overrides import replaced
from btcli.config.resolved import identity
from btcli.config.validating import validate
from btcli.errors import ConfigError, Problem

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


RULED = """
system: ruled
venue: bybit
symbols: [BTCUSDT, ETHUSDT]
timeframes: {exec: 1m, ltf: 5m, htf: 1h}
windows: {w: {start: 2024-01-01, end: 2024-01-02}}
account: {initial_equity_usdt: 1000, leverage: 5, margin_mode: cross}
costs: {funding: none, per_symbol: {ETHUSDT: {slippage_bps: 9}}}
risk: {sizing: {qty: 0.1}, stop_equity_usdt: 10}
data: {derive_from: 1m}
features: {ltf: {f: "ema(close, 12)", s: "ema(f, 48)"}, htf: {t: "sma(close, 9)"}}
strategy:
  params: {far: 2.0}
  rules:
    long: {enter: "cross_above(ltf.f, ltf.s)", cooldown_bars: 3}
    short: {enter: "cross_below(ltf.f, ltf.s)", exit: "SOLUSDT.htf.close > far"}
    stop: "0.02 * ltf.close"
    exits: [{share: 0.5, at: "0.01 * ltf.close", then: break_even}]
  per_symbol: {ETHUSDT: {params: {far: 3.0}}}
"""
OWN = """
system: own
venue: binance
symbols: [BTCUSDT, ETHUSDT]
timeframes: {ltf: 1h}
windows: {w: {start: 2024-01-01, end: 2024-01-02, sealed: true}}
risk: {sizing: {risk_pct: 1}}
features: {ltf: {f: {python: "code.py:f", bars: 3}}}
signals: {file: known.csv, available_at: ts}
strategy:
  use: ema_rsi_atr
  per_symbol: {ETHUSDT: {rules: {long: {enter: "ltf.close > signals.score", stop: "1", session: {days: mon-fri}}}}}
"""
KEYS = (
    *(f"account.{key}" for key in ("initial_equity_usdt", "leverage", "margin_mode", "other")),
    *(f"costs.{key}" for key in ("taker_fee_rate", "slippage_bps", "per_symbol", "per_symbol.ETHUSDT.slippage_bps")),
    *(f"costs.{key}" for key in ("funding_at_entry", "per_symbol.SOLUSDT", "per_symbol.BTCUSDT.funding_at_entry")),
    *(f"fills.{key}" for key in ("path", "delay_bars", "")),
    *(f"risk.{key}" for key in ("sizing", "sizing.qty", "sizing.risk_pct", "stop_equity_usdt", "liquidation")),
    *(f"risk.{key}" for key in ("max_drawdown_pct", "stop_vs_liquidation", "sizing.qty.deep", "model_copy")),
    *(f"warmup.{key}" for key in ("tolerance", "bars", "bars.ltf", "missing")),
    *(
        f"features.{key}"
        for key in ("ltf", "ltf.f", "ltf.s", "ltf.new", "htf.t", "xtf.f", "ltf.close", "mtf", "ltf.a b")
    ),
    *(f"strategy.{key}" for key in ("use", "rules", "params", "params.far", "params.new", "per_symbol", "name")),
    *(
        f"strategy.rules.{key}"
        for key in ("stop", "target", "long", "long.enter", "short.exit", "long.target", "exits")
    ),
    *(f"strategy.rules.{key}" for key in ("target_by_age", "stop_follow", "order", "session", "plain", "short.stop")),
    *(
        f"strategy.per_symbol.{key}"
        for key in ("ETHUSDT", "ETHUSDT.params.far", "ETHUSDT.use", "SOLUSDT", "ETHUSDT.rules")
    ),
    *("strategy", "risk", "account", "features", "warmup", "nothing", "nothing.there", "fills"),
)
VALUES = (
    *(0, 1, 2.5, -1, 3000, 10**18, 0.02, True, None, "", "none", "1", "cross", "isolated", "full", "adjust", "yes"),
    *("optimistic", "refuse", "ema(close, 9)", "ltf.close > 1", "signals.score", "DOGEUSDT.htf.close", "ema_rsi_atr"),
    *([], [1], {}, {"a": 1}, {"qty": 1}, {"ltf": 3}, {"f": "close"}, {"enter": "ltf.close > 1"}, {"limit": "1"}),
    *({"0": "3", "24": "1"}, {"stop": "1"}, {"hours": "07:00-09:00"}, {"long": {"enter": "ltf.close > 1"}}),
    *([{"share": 1.0, "at": "1", "then": "break_even"}], {"python": "code.py:f", "bars": 3}, {"leverage": 2}),
    *({"use": "ema_rsi_atr"}, {"sizing": {"qty": 1}, "liquidation": "ladder"}, {"margin_mode": "isolated"}),
)


def said_of(tree: dict[str, Any]) -> System | tuple[Problem, ...]:
    """What is said of a tree that is looked at as a whole."""
    system, findings = validate(tree)
    if system is None:
        return tuple(Problem(each.message, key_of(each.path), each.hint) for each in findings)
    return system


@pytest.mark.parametrize("text", [TEXT, RULED, OWN], ids=["small", "ruled", "own"])
@pytest.mark.parametrize(
    "before", [{}, {"account.margin_mode": "cross"}, {"strategy.rules.long.exit": "ltf.close < 1"}]
)
def test_what_was_changed_is_looked_at_as_the_whole_would_be(text: str, before: dict[str, Any]) -> None:
    """Each key with a third of many values, alone and after another one: the same system, or the same problems."""
    system = parse_system(text, "system.yml")
    tree, differ = tree_of(system), list[str]()
    for number, key in enumerate(KEYS):
        for value in VALUES[number % 3 :: 9 if before else 3]:
            changes, whole = {**before, key: value}, tree
            if any(map(needs_another_world, changes)):
                continue
            for each, written in changes.items():
                whole = replaced(whole, tuple(each.split(".")), written)
            expected = said_of(whole)
            try:
                found: System | tuple[Problem, ...] = changed(system, tree, changes)
            except ConfigError as error:
                found = error.problems
            if isinstance(expected, System) and isinstance(found, System):
                is_same = identity(found) == identity(expected) and found.rules_in_use == expected.rules_in_use
            else:
                is_same = found == expected
            differ += [] if is_same else [f"{changes}: {found} instead of {expected}"]
    assert not differ, "\n".join(differ[:5])


class Noting:
    """Looks like a system, and notes which of its sections are read."""

    def __init__(self, system: System) -> None:
        self.system, self.read = system, set[str]()

    def __getattr__(self, name: str) -> Any:
        if name in System.model_fields:
            self.read.add(name)
            return getattr(self.system, name)
        own: Any = getattr(System, name)
        return own.fget(self) if isinstance(own, property) else own.__get__(self)


@pytest.mark.parametrize("text", [TEXT, RULED, OWN], ids=["small", "ruled", "own"])
@pytest.mark.parametrize("number", range(len(checks._CHECKS)))
def test_a_check_reads_what_it_says_that_it_reads(text: str, number: int) -> None:
    """Whatever a check reads of a system is in its list, so that it is asked again when that was changed."""
    _, reads, check = checks._CHECKS[number]
    for wanted in ("risk.sizing={risk_pct: 1}", "account.leverage=2"):
        noting = Noting(parse_system(text, "system.yml", [wanted]))
        list(check(noting))  # type: ignore[arg-type]
        assert noting.read <= {str(path[0]) for path in reads}


def test_other_fields_look_at_no_other_section() -> None:
    """Two sections alone take defaults from another one: a third would have to be looked at again with it, too."""
    looked = {name for each in System.__pydantic_decorators__.field_validators.values() for name in each.info.fields}
    assert looked == {"symbols", "costs", "risk", "instruments"}  # the first and the last know of themselves alone


def test_a_window_that_came_later_is_looked_at() -> None:
    """A system that has got a window too short for its candles is refused as its file would be."""
    system = parse_system(OWN, "own.yml").with_window("adhoc", Window.between(0, 60_000))
    with pytest.raises(ConfigError, match="is shorter than one ltf candle of 1h"):
        changed(system, tree_of(system), {"account.leverage": 2})
