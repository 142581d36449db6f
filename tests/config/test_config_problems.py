"""Every problem of a file at once, each where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from config_texts import MINIMAL, problems_of, system_of
from hypothesis import given
from hypothesis import strategies as st

from btcli.config.loading import load_system, parse_system
from btcli.config.model import System, ad_hoc_window
from btcli.config.validating import validate
from btcli.errors import ConfigError, RequestError

FIVE_MISTAKES = """\
system: five
venue: bybt
symbols: [BTCUSDT]
timeframes: {exec: 30m, ltf: 15m}
windows:
  q1: {start: 2024-03-31, end: 2024-01-01}
account: {leverage: "5"}
fills: {pth: pessimistic}
risk: {sizing: {risk_pct: 1}}
strategy: {use: mtf_trend}
"""

MANY_MISTAKES = """\
system: x y
venue: bybit
symbols: [BTCUSDT, ETHUSDT]
timeframes: {exec: 7m, ltf: 15m, bogus: 1}
windows:
  q1: {strt: 2024-01-01, end: 2024-03-31}
  q2: {start: 2024-01-01T00:00, end: 2024-01-01T00:01}
costs:
  taker_fee_rate: 0.055
  per_symbol: {BTCUSD: {slippage_bps: 1}}
fills: {costs_in_risk: false, delay_bars: 1}
risk:
  sizing: {qty: 1, risk_pct: 1}
  stop_equity_usdt: 10000
data: {derive_from: 10m}
features: {lt: {a: rsi(close)}, ltf: {close: rsi(close), 9a: rsi(close)}}
strategy: {params: {a: [1]}}
venue: sample
"""

USE_MISSING = "strategy.use: is required (a built-in name, package.module:Class, or path/file.py:Class; or rules)"


@pytest.mark.parametrize("beside", ["exec: 5m, htf: 4h", "mtf: 1h, htf: 4h", "htf: 4h", "exec: 1m, mtf: 30m"])
@pytest.mark.parametrize("wrong", ["7m", "soon", "[1h]", "0m", "-1h"])
def test_a_wrong_ltf_is_one_problem(beside: str, wrong: str) -> None:
    """Whatever stands beside it, an ltf that is none is told once, and invents no quarrel with the other roles."""
    text = MINIMAL.replace("{ltf: 1h}", f"{{ltf: {wrong}, {beside}}}")
    (problem,) = problems_of(text)
    assert "timeframes.ltf: " in problem


@pytest.mark.parametrize("role", ["exec", "mtf", "htf"])
def test_a_wrong_role_is_one_problem(role: str) -> None:
    """The other roles are judged without it."""
    (problem,) = problems_of(MINIMAL.replace("{ltf: 1h}", f"{{ltf: 1h, {role}: 7m}}"))
    assert f"timeframes.{role}: " in problem


def test_five_mistakes_are_five_lines_in_the_order_of_the_file() -> None:
    """Spelling, types, unknown keys and contradictions are all told in one go, each with line and column."""
    assert problems_of(FIVE_MISTAKES) == [
        "system.yml:2:1 venue: 'bybt' is not one of bybit, binance or sample (did you mean bybit?)",
        "system.yml:4:14 timeframes.exec: exec 30m is longer than ltf 15m (exec <= ltf <= mtf <= htf)",
        "system.yml:6:27 windows.q1.end: the end is not after the start",
        "system.yml:7:11 account.leverage: expected a number, got '5'",
        "system.yml:8:9 fills.pth: unknown key (did you mean path?)",
    ]


def test_no_mistake_hides_another() -> None:
    """A section with an unknown key is still checked for everything else, and so are the others."""
    assert problems_of(MANY_MISTAKES) == [
        "system.yml:1:1 system: 'x y' must be made of letters, digits, - and _, such as btc_trend",
        "system.yml:4:14 timeframes.exec: '7m' does not divide a day (use 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 8h or 1d)",
        "system.yml:4:34 timeframes.bogus: unknown key (the keys here are exec, htf, ltf or mtf)",
        "system.yml:6:8 windows.q1.strt: unknown key (did you mean start?)",
        "system.yml:9:3 costs.taker_fee_rate: must be below 0.05, got 0.055",
        "system.yml:10:16 costs.per_symbol.BTCUSD: is not one of the symbols (did you mean BTCUSDT?)",
        "system.yml:11:9 fills.costs_in_risk: unknown key (did you mean risk.costs_in_risk?)",
        "system.yml:13:3 risk.sizing: needs exactly one of qty, notional_usdt, notional_pct, margin_pct or risk_pct,"
        " got qty and risk_pct",
        "system.yml:14:3 risk.stop_equity_usdt: 10000 is not below the initial equity 10000",
        "system.yml:16:12 features.lt: unknown key (did you mean ltf?)",
        "system.yml:16:39 features.ltf.close: close is the name of a price of the bar"
        " (choose another name for the feature)",
        "system.yml:16:58 features.ltf.9a: '9a' must be made of letters, digits and _, such as ema_fast",
        f"system.yml:17:1 {USE_MISSING}",
        "system.yml:17:21 strategy.params.a: expected a number, a word, true or false, got [1]",
        "system.yml:18:1 venue: duplicate key; it stands in line 2 already",
    ]


def test_an_empty_system_says_what_it_needs() -> None:
    """Every required key is named, at the nearest key that exists."""
    assert problems_of("windows: {}\nrisk: {}\n") == [
        "system.yml:1:1 system: is required (such as system: btc_trend)",
        "system.yml:1:1 venue: is required (venue: bybit, binance or sample)",
        "system.yml:1:1 symbols: is required (such as symbols: [BTCUSDT])",
        "system.yml:1:1 timeframes.ltf: is required (such as timeframes: {ltf: 15m})",
        f"system.yml:1:1 {USE_MISSING}",
        "system.yml:2:1 risk.sizing: is required (such as sizing: {risk_pct: 1})",
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("windows: {q1: {start: 2024-01-01, end: 2024-01-01T00:00}}", "1:35 windows.q1.end: the end is not after"),
        ("windows: {q1: {start: 2024-01-01, end: 2024-01-01T00:30}}", "1:11 windows.q1: is shorter than one ltf"),
        ("windows: {q1: {start: 2024, end: 2025}}", "1:16 windows.q1.start: 2024 is not a date or a UTC time"),
        ("windows: {q1: {start: 2024-02-30, end: 2025-01-01}}", "1:16 windows.q1.start: '2024-02-30' is not a date"),
        ("windows: {q1: {start: 20240101, end: 2025-01-01}}", "1:16 windows.q1.start: 20240101 is not a date"),
        ("windows: {q1: {start: 2024-01-01}}", "1:11 windows.q1.end: is required"),
        ("windows: {a.b: {start: 2024-01-01, end: 2025-01-01}}", "1:11 windows.a.b: 'a.b' must be made of"),
        ('"a\\nb": 1', "1:1 'a\\nb': unknown key"),
        ("windows: [q1]", "1:1 windows: expected keys and values, got ['q1']"),
        ("account: {initial_equity_usdt: 0}", "1:11 account.initial_equity_usdt: must be above 0, got 0"),
        ("account: {initial_equity_usdt: .inf}", "1:11 account.initial_equity_usdt: expected a finite number, got inf"),
        ("account: {initial_equity_usdt: .nan}", "1:11 account.initial_equity_usdt: expected a finite number, got nan"),
        ("account: {leverage: 0.5}", "1:11 account.leverage: must be at least 1, got 0.5"),
        ("account: {leverage: true}", "1:11 account.leverage: expected a number, got true"),
        ("account:", "1:1 account: expected keys and values, got nothing"),
        ("account: 5", "1:1 account: expected keys and values, got 5"),
        ("costs: {slippage_bps: -1}", "1:9 costs.slippage_bps: must be at least 0, got -1"),
        ("costs: {impact: 1}", "1:9 costs.impact: unknown key (did you mean impact_k?)"),
        ("costs: {fee: 0.1}", "1:9 costs.fee: unknown key (did you mean maker_fee_rate or taker_fee_rate?)"),
        (f"fills: {{path: {'long' * 20}}}", f"1:9 fills.path: '{'long' * 9}... is not one of"),
        ("fills: {delay_bars: 1.5}", "1:9 fills.delay_bars: expected a whole number, got 1.5"),
        ("fills: {limit_rule: no}", "1:9 fills.limit_rule: 'no' is not one of trade_through or touch"),
        ("data: {derive_from: 7h}", "1:8 data.derive_from: '7h' does not divide a day"),
        ("data: {derive_from: 4h}", "1:8 data.derive_from: exec 1h cannot be derived from 4h"),
        ("warmup: {tolerance: 1}", "1:10 warmup.tolerance: must be below 1, got 1"),
        ("warmup: {bars: {ltf: -1}}", "1:17 warmup.bars.ltf: must be at least 0, got -1"),
        ("warmup: {bars: {lft: 10}}", "1:17 warmup.bars.lft: unknown key (did you mean ltf?)"),
        ("output: {events: all}", "1:10 output.events: 'all' is not one of normal or full"),
        ("features: {ltf: {a: ''}}", "1:18 features.ltf.a: must not be empty"),
        ("features: {ltf: {a: 5}}", "1:18 features.ltf.a: expected a word, got 5"),
        ("features: {ltf: [a]}", "1:12 features.ltf: expected keys and values, got ['a']"),
        ("instruments: missing.json", "1:1 instruments: missing.json: No such file or directory"),
        ("instruments: {ETHUSDT: {}}", "1:15 instruments.ETHUSDT.tick_size: is required"),
        ("stop_equity_usdt: 5", "1:1 stop_equity_usdt: unknown key (did you mean risk.stop_equity_usdt?)"),
        ("<<: {env: live}", "1:1 <<: unknown key"),
    ],
)
def test_each_kind_of_mistake_has_its_sentence(line: str, problem: str) -> None:
    """A mistake is told with its place, its key, what was expected and what was given."""
    found = problems_of(f"{line}\n{MINIMAL}")
    assert found[0].startswith(f"system.yml:{problem}")


@pytest.mark.parametrize(
    ("timeframes", "problem"),
    [
        ("{exec: 10m, ltf: 15m}", "4:14 timeframes.exec: ltf 15m is not a multiple of exec 10m"),
        ("{ltf: 15m, mtf: 5m}", "4:24 timeframes.mtf: ltf 15m is longer than mtf 5m"),
        ("{ltf: 15m, htf: 5m}", "4:24 timeframes.htf: mtf 15m is longer than htf 5m"),
        ("{ltf: 3h, mtf: 4h}", "4:23 timeframes.mtf: mtf 4h is not a multiple of ltf 3h"),
        ("{ltf: 15}", "4:14 timeframes.ltf: 15 is not a timeframe"),
        ("{exec: 1m}", "4:1 timeframes.ltf: is required"),
    ],
)
def test_timeframes_must_nest(timeframes: str, problem: str) -> None:
    """Roles are told apart by the key that does not fit its neighbour."""
    (found,) = problems_of(MINIMAL.replace("{ltf: 1h}", timeframes))
    assert found.startswith(f"system.yml:{problem}")


@pytest.mark.parametrize(
    ("sizing", "problem"),
    [
        ("{}", "5:8 risk.sizing: needs exactly one of"),
        ("{risk_pct: none}", "5:8 risk.sizing: needs exactly one of"),
        ("{risk_pct: 101}", "5:17 risk.sizing.risk_pct: must be at most 100, got 101"),
        ("{riskpct: 1}", "5:17 risk.sizing.riskpct: unknown key (did you mean risk_pct?)"),
        ("{qty: 0}", "5:17 risk.sizing.qty: must be above 0, got 0"),
        ("1", "5:8 risk.sizing: expected keys and values, got 1"),
    ],
)
def test_sizing_is_one_mode_with_a_value(sizing: str, problem: str) -> None:
    """A wrong sizing is one line, not one for each consequence."""
    (found,) = problems_of(MINIMAL.replace("{qty: 0.01}", sizing))
    assert found.startswith(f"system.yml:{problem}")


def test_a_misspelt_required_key_is_one_line() -> None:
    """Who misspells `sizing` is not told that it is missing as well."""
    found = problems_of(MINIMAL.replace("sizing:", "sizng:"))
    assert found == ["system.yml:5:8 risk.sizng: unknown key (did you mean sizing?)"]


def test_symbols_are_a_list() -> None:
    """A single symbol is written as a list of one."""
    assert problems_of(MINIMAL.replace("[BTCUSDT]", "BTCUSDT")) == [
        "system.yml:3:1 symbols: expected a list, got 'BTCUSDT'"
    ]


def test_a_symbol_is_listed_once() -> None:
    """Listing a symbol twice is refused."""
    assert problems_of(MINIMAL.replace("[BTCUSDT]", "[BTCUSDT, BTCUSDT]")) == [
        "system.yml:3:1 symbols: a symbol is listed twice"
    ]


KEYS = st.sampled_from(
    [*System.model_fields, "ltf", "exec", "sizing", "qty", "q1", "start", "end", "use", "BTCUSDT", "x"]
)
VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["1h", "bybit"])
)


@given(
    st.dictionaries(
        KEYS,
        st.recursive(
            VALUES, lambda below: st.lists(below, max_size=2) | st.dictionaries(KEYS, below, max_size=3), max_leaves=8
        ),
        max_size=6,
    )
)
def test_any_tree_gives_a_system_or_problems(tree: dict[str, Any]) -> None:
    """No combination of keys and values ends in anything but a system or a list of problems."""
    system, findings = validate(tree)
    assert (system is None) == bool(findings)


def test_a_stand_in_for_what_is_wrong_causes_no_further_lines() -> None:
    """Checks that lean on a wrong key wait until it is right."""
    text = MINIMAL.replace("{ltf: 1h}", "{ltf: 1x}") + "windows: {q: {start: 2024-01-01, end: 2024-01-01T00:01}}\n"
    assert [line.split(" ")[0] for line in problems_of(text + "data: {derive_from: 5m}\n")] == ["system.yml:4:14"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "system.yml:1:1 the file is empty (btcli init writes a system to begin with)"),
        ("- a\n", "system.yml:1:1 expected keys and values (btcli init writes a system to begin with)"),
    ],
)
def test_a_file_without_keys_is_refused(text: str, problem: str) -> None:
    """An empty file or a list is no system."""
    assert problems_of(text) == [problem]


def test_a_syntax_error_has_its_place() -> None:
    """What is no YAML is one line with the place of the error: of a list that is left open its beginning."""
    (found,) = problems_of("system: [a\nvenue: bybit\n")
    assert found.startswith("system.yml:1:9 syntax: ")
    (found,) = problems_of("system: a\nvenue: bybit: b\n")
    assert found.startswith("system.yml:2:13 syntax: ")


def test_a_missing_file_is_a_problem_of_the_request(tmp_path: Path) -> None:
    """A path without a file is named, with exit code 2."""
    with pytest.raises(ConfigError, match=r"none\.yml there is no such file") as caught:
        load_system(tmp_path / "none.yml")
    assert caught.value.exit_code == 2


def test_a_file_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, and folders, are named and not read."""
    (tmp_path / "system.yml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "system.yml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read as text"):
            load_system(path)


def test_a_byte_order_mark_is_not_part_of_the_first_key(tmp_path: Path) -> None:
    """A file saved with a byte order mark reads like any other."""
    (tmp_path / "system.yml").write_bytes(b"\xef\xbb\xbf" + MINIMAL.encode())
    assert load_system(tmp_path / "system.yml").system == "minimal"


def test_a_system_knows_where_its_keys_stand() -> None:
    """Later messages about a key can name its place, or that of the nearest key above it."""
    system = system_of("features:", "  ltf: {a: rsi(close)}")
    assert system.where("features.ltf.a") == "system.yml:8:9"
    assert system.where("risk.max_drawdown_pct") == "system.yml:5:1"


def test_a_system_cannot_be_changed() -> None:
    """The model is frozen, sections included."""
    system = parse_system(MINIMAL, "system.yml")
    with pytest.raises(ValueError, match="frozen"):
        system.account.leverage = 3  # type: ignore[misc]


def test_an_unknown_window_names_the_nearest() -> None:
    """Asking for a window that is not there names the nearest one, or all of them."""
    system = system_of("windows: {q1: {start: 2024-01-01, end: 2024-03-31}}")
    with pytest.raises(RequestError, match=r"minimal has no window 'q11' \(did you mean q1\?\)"):
        system.window("q11")
    with pytest.raises(RequestError, match=r"'summer' \(the windows are q1\)"):
        system.window("summer")
    with pytest.raises(RequestError, match="give --start and --end"):
        system_of().window("q1")


def test_an_ad_hoc_window_is_checked_like_any_other() -> None:
    """--start and --end make a window, or an error that names them."""
    assert ad_hoc_window("2024-01-01", "2024-01-01").end_ms == 1_704_153_600_000
    for start, end in (("2024-01-02", "2024-01-01"), ("yesterday", "2024-01-01")):
        with pytest.raises(RequestError, match="--start --end"):
            ad_hoc_window(start, end)


def test_a_tree_with_mistakes_stays_as_it_is() -> None:
    """What is taken out or replaced so that the rest can be looked at is so in a copy."""
    venue = {"account": {"leverage": "5"}, "symbols": ["BTCUSDT"], "fills": {"pth": 1}, "timeframes": {"ltf": "7x"}}
    tree: dict[str, Any] = {**venue, "venue": "bybt", "risk": {"sizing": {}}}
    written = repr(tree)
    assert len(validate(tree)[1]) > 4
    assert repr(tree) == written
