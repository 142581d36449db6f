"""--set replaces one value of the file, and its problems name the key."""

from __future__ import annotations

import pytest
from config_texts import MINIMAL, problems_of, system_of

from btcli.config.resolved import identity


def test_an_override_replaces_one_value() -> None:
    """The value at the key is the given one, its neighbours stay, and the identity changes."""
    system = system_of("account: {leverage: 5}")
    changed = system_of("account: {leverage: 5}", overrides=("account.initial_equity_usdt=500", "symbols=[ETHUSDT]"))
    assert (changed.account.initial_equity_usdt, changed.account.leverage) == (500.0, 5.0)
    assert changed.symbols == ("ETHUSDT",)
    assert identity(changed) != identity(system)


def test_sections_on_the_way_are_made() -> None:
    """A key of a section that the file does not have can be set."""
    assert system_of(overrides=("warmup.bars.ltf=200",)).warmup.bars == {"ltf": 200}


def test_another_sizing_takes_the_place_of_the_one_in_the_file() -> None:
    """`--set risk.sizing.risk_pct=2` sizes by risk even where the file sizes by quantity."""
    system = system_of(overrides=("risk.sizing.risk_pct=2",))
    assert (system.risk.sizing.mode, system.risk.sizing.value) == ("risk_pct", 2.0)


def test_the_last_of_two_equal_overrides_counts() -> None:
    """A key that is set twice has the later value."""
    assert system_of(overrides=("account.leverage=3", "account.leverage=4")).account.leverage == 4.0


@pytest.mark.parametrize(
    ("written", "value"),
    [("none", None), ("", None), ("null", None), ("30", 30.0), ("1e1", 10.0), (" 25 ", 25.0)],
)
def test_values_are_read_as_yaml(written: str, value: float | None) -> None:
    """What stands behind the = is YAML, as in the file."""
    assert system_of(overrides=(f"risk.max_drawdown_pct={written}",)).risk.max_drawdown_pct == value


def test_a_value_may_contain_equals_signs_and_braces() -> None:
    """Only the first = separates, and a whole section can be given."""
    system = system_of(overrides=("strategy={use: ema_rsi_atr, params: {note: 'a=b'}}",))
    assert system.strategy.params == {"note": "a=b"}


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("account.leverage", "--set account.leverage: expected key=value (write --set risk.sizing.risk_pct=2)"),
        ("=5", "--set expected key=value (write --set risk.sizing.risk_pct=2)"),
        ("account..leverage=5", "--set account..leverage: expected key=value (write --set risk.sizing.risk_pct=2)"),
        ("account.leverage=lots", "--set account.leverage: expected a number, got 'lots'"),
        ("acount.leverage=2", "--set acount: unknown key (did you mean account?)"),
        ("account.levrage=2", "--set account.levrage: unknown key (did you mean leverage?)"),
        ("system.name=2", "--set system.name: system is a single value (set system as a whole)"),
        ("symbols.0=ETHUSDT", "--set symbols.0: symbols is a single value (set symbols as a whole)"),
        ("windows.q={start: 2024-01-02, end: 2024-01-01}", "--set windows.q.end: the end is not after the start"),
        ("venue=kraken", "--set venue: 'kraken' is not one of bybit, binance or sample"),
    ],
)
def test_problems_of_an_override_name_its_key(override: str, problem: str) -> None:
    """A problem that an override made is told as `--set key`, not as a line of the file."""
    assert problems_of(MINIMAL, override) == [problem]


def test_a_value_that_is_no_yaml_is_refused() -> None:
    """A syntax error in the value is told with the value."""
    (found,) = problems_of(MINIMAL, "account=[")
    assert found.startswith("--set account: value '[': syntax: ")


def test_problems_of_overrides_come_after_those_of_the_file() -> None:
    """File and overrides are told in one list, the file first, then the overrides as they were given."""
    found = problems_of(MINIMAL + "bogus: 1\n", "fills.path=bogus", "account.leverage=0")
    assert [line.split(": ")[0] for line in found] == [
        "system.yml:7:1 bogus",
        "--set fills.path",
        "--set account.leverage",
    ]


def test_a_place_on_the_command_line_names_its_key() -> None:
    """There is no line to point at, and several values may be set at once."""
    system = system_of(overrides=("account.leverage=3",))
    assert system.where("account.leverage") == "--set account.leverage"
