"""The block `strategy.rules` of a system file: what it takes, what it becomes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_texts import problems_of

from btcli.config.loading import MOST_LETTERS, load_system, parse_system
from btcli.config.model import System
from btcli.config.resolved import identity, resolved_text
from btcli.config.rule_gates import days_of, hours_of
from btcli.config.rules import RULE_KEYS
from btcli.config.schema import schema
from btcli.errors import ConfigError

RULED = """\
system: ruled
venue: bybit
symbols: [BTCUSDT, ETHUSDT]
timeframes: {ltf: 1h}
risk: {sizing: {qty: 0.01}}
strategy:
  params: {far: 2}
  rules:
    long: {enter: "close > open", stop: 5}
    short: {enter: "close < open"}
    stop: far * 1.5
"""


def ruled(*overrides: str) -> System:
    """The system of rules, with values of `--set`."""
    return parse_system(RULED, "system.yml", overrides)


def test_keys_inside_a_side_win_over_those_beside_it() -> None:
    """A stop beside the sides is that of each side without one of its own; what nobody wrote is none."""
    rules = ruled().strategy.rules
    assert rules is not None
    assert [rules.said(side, "stop") for side in ("long", "short")] == ["5", "far * 1.5"]
    assert [rules.place(side, "stop") for side in ("long", "short")] == [("long", "stop"), ("stop",)]
    assert (rules.said("long", "enter"), rules.said("long", "target")) == ("close > open", None)


def test_an_exit_may_stand_beside_the_sides() -> None:
    """It closes both."""
    rules = ruled("strategy.rules.exit=volume < 1").strategy.rules
    assert rules is not None
    assert [rules.said(side, "exit") for side in ("long", "short")] == ["volume < 1", "volume < 1"]


def test_a_strategy_of_rules_goes_by_that_name() -> None:
    """There is no `use` to name it by."""
    assert (ruled().strategy.name, ruled().strategy.use) == ("rules", None)


def test_a_resolved_system_of_rules_reads_back() -> None:
    """Expressions are kept as they were written, also over several lines, and no `use` appears."""
    system = ruled('strategy.rules.long.enter="close\\n  > open"')
    text = resolved_text(system)
    assert parse_system(text, "again.yml") == system
    assert 'enter: "close\\n  > open"' in text
    assert "use:" not in text


@pytest.mark.parametrize(
    "override",
    ["strategy.params.far=3", "strategy.rules.stop=far * 1.6", "strategy.rules.long.enter=close >= open",
     "strategy.rules.short.target=9"],
)  # fmt: skip
def test_a_value_that_is_set_makes_another_run(override: str) -> None:
    """Parameters and expressions are part of what a run is."""
    assert identity(ruled(override)) != identity(ruled())


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("stop: far", "stp: far", "11:5 strategy.rules.stp: unknown key (did you mean stop?)"),
        ("enter: \"close > open\"", "entr: x, enter: \"close > open\"",
         "9:12 strategy.rules.long.entr: unknown key (did you mean enter?)"),
        ("    stop: far", "    enter: far",
         "11:5 strategy.rules.enter: unknown key (did you mean strategy.rules.long.enter or "
         "strategy.rules.short.enter?)"),
        ("rules:", "use: mtf_trend\n  rules:",
         "8:3 strategy.use: excludes rules (take one of use and rules out)"),
        ("stop: far * 1.5", "stop:", "11:5 strategy.rules.stop: expected an expression (such as ltf.close > ltf.open)"),
        ("far * 1.5", "''", "11:5 strategy.rules.stop: expected an expression (such as ltf.close > ltf.open)"),
        ("far * 1.5", "[1]", "11:5 strategy.rules.stop: expected an expression (such as ltf.close > ltf.open)"),
        ("far * 1.5", "true", "11:5 strategy.rules.stop: expected an expression (such as ltf.close > ltf.open)"),
        ("far * 1.5", ".inf", "11:5 strategy.rules.stop: expected an expression (such as ltf.close > ltf.open)"),
        ("stop: far * 1.5", "trail: 5",
         "11:5 strategy.rules.trail: expected keys and values (such as {distance: 2 * ltf.atr})"),
        ("{enter: \"close < open\"}", "", "10:5 strategy.rules.short: expected keys and values, got nothing"),
        ("{enter: \"close < open\"}", "5", "10:5 strategy.rules.short: expected keys and values, got 5"),
        ("{enter: \"close < open\"}", "[enter: x]", "10:5 strategy.rules.short: expected keys and values, "
         "got [{'enter': 'x'}] (write each as key: value, without - or [ ])"),
        ("far * 1.5", "[far, close > open]",
         "11:5 strategy.rules.stop: expected an expression (join conditions with and)"),
        ("enter: \"close > open\"", "target 5, enter: \"close > open\"",
         "9:12 strategy.rules.long.target 5: unknown key (write target: 5)"),
        ("enter: \"close > open\"", "tarqet = 5 * far, enter: \"close > open\"",
         "9:12 strategy.rules.long.tarqet = 5 * far: unknown key (write target: 5 * far)"),
        ("stop: far * 1.5", "trail: {atr 3}", "11:13 strategy.rules.trail.atr 3: unknown key (write atr: 3)"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused(before: str, after: str, problem: str) -> None:
    """A wrong key or value is one line with its place and the next step."""
    assert problems_of(RULED.replace(before, after, 1)) == [f"system.yml:{problem}"]


NO_MAPPING = 'syntax: mapping values are not allowed here (quote a text that has ": " in it)'
LEFT_OPEN = "syntax: while parsing a flow sequence expected ',' or ']', but got '<stream end>' (close the [)"


@pytest.mark.parametrize(
    ("written", "problems"),
    [
        ("stpo: 5 foo: bar", ["11:5 strategy.rules.stpo: unknown key (did you mean stop?)", f"11:16 {NO_MAPPING}"]),
        ("traget: [5", ["11:5 strategy.rules.traget: unknown key (did you mean target?)", f"11:13 {LEFT_OPEN}"]),
        ("stop: 5 foo: bar", [f"11:16 {NO_MAPPING}"]),
        ("mine: 5 foo: bar", [f"11:16 {NO_MAPPING}"]),
    ],
)
def test_a_key_is_named_beside_a_mistake_of_syntax_in_its_line(written: str, problems: list[str]) -> None:
    """One that is like a key that is known there; what is read alone says nothing of others."""
    found = problems_of(RULED.replace("stop: far * 1.5", written, 1))
    assert found == [f"system.yml:{problem}" for problem in problems]


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("order: {limit: close, for: 3 bars}", "12:29 strategy.rules.long.order.for: '3 bars' is not a duration "
         "(write for: 3 for so many bars of ltf, or a duration such as 20m)"),
        ("order: {limit: close, for: '12'}", "12:29 strategy.rules.long.order.for: '12' is not a duration "
         "(write for: 12 for so many bars of ltf, or a duration such as 20m)"),
        ("order: {limit: max(close, open), for: 45m}", "12:22 strategy.rules.long.order.limit: is cut at a comma: "
         'inside {…} an expression with a comma has to be quoted (write limit: "max(close, open)")'),
        ("exits: [{share: 0.5, at: min(5, 9)}]", "12:32 strategy.rules.long.exits[0].at: is cut at a comma: "
         'inside {…} an expression with a comma has to be quoted (write at: "min(5, 9)")'),
        ("exits: [{share: 1, at: 5, then: breakeven}]",
         "12:33 strategy.rules.long.exits[0].then: expected keys and values (did you mean break_even?)"),
        ("exits: [{share: 1, at: 5, then: 7}]", "12:33 strategy.rules.long.exits[0].then: expected keys and values "
         "(such as break_even, {stop: {price: ltf.low}} or {trail: {atr: 2}})"),
        ("stop: {pct: 2}",
         "12:14 strategy.rules.long.stop.pct: unknown key (a distance stands there alone: 0.02 * close)"),
        ("stop: {atr: 1.5}",
         "12:14 strategy.rules.long.stop.atr: unknown key (a distance stands there alone: 1.5 * ltf.atr)"),
        ("stop: {percent: far}",
         "12:14 strategy.rules.long.stop.percent: unknown key (a distance stands there alone: 0.02 * close)"),
        ("stop: {prise: 2}", "12:14 strategy.rules.long.stop.prise: unknown key (did you mean price?)"),
        ("session: 06:00-22:00", "12:7 strategy.rules.long.session: expected keys and values "
         '(write {hours: "06:00-22:00"})'),
        ("session: mon-fri", "12:7 strategy.rules.long.session: expected keys and values (write {days: mon-fri})"),
        ("session: day", "12:7 strategy.rules.long.session: expected keys and values "
         '(such as {hours: "07:00-21:30", days: mon-fri})'),
        ("STOP: 5", "12:7 strategy.rules.long.STOP: unknown key (did you mean stop?)"),
    ],
)  # fmt: skip
def test_what_is_said_in_other_words_is_told_as_it_is_written(key: str, problem: str) -> None:
    """One mistake is one line with the words of the language, and no other follows from it."""
    text = RULED.replace(
        '    long: {enter: "close > open", stop: 5}', f"    long:\n      enter: close > open\n      {key}"
    )
    text = text.replace("    stop: far * 1.5\n", "").replace("  params: {far: 2}\n", "")
    text = text.replace("qty: 0.01", "risk_pct: 1" if key.startswith("stop") else "qty: 0.01")
    text = text.replace('    short: {enter: "close < open"}\n', "")
    assert problems_of(text) == [f"system.yml:{problem}".replace("12:", "10:")]


BARS = "expected a number of ltf bars from 1 to 1,000,000, or a duration (such as 3, or 20m)"
SPAN = "is not a duration (write a whole number and m, h, d or w, such as 20m or 4h)"
NO_LIFETIME = (
    *((said, BARS) for said in ("0", "-1", "1.5", "3.0", "1e9", "1000001", "true", ".inf", "[3]", "{bars: 3}", "")),
    *(
        (said, f"'{said}' {SPAN}")
        for said in ("20", "0m", "-5m", "1.5h", "90s", "3M", "20:00", "1:20:00")
        if said != "20"
    ),
    ("99999w", "'99999w' is longer than ten years (leave it out for no end)"),
)


HOURS = '(such as "07:00-21:30", UTC, or over midnight "22:00-06:00")'
NO_HOURS = (
    *((said, "is no span of hours") for said in ("25:00-", "-07:00", "07:00", "7-9", "07:00-21:30-22:00", "7:0-9:00")),
    *((said, "has a time that no day has") for said in ("25:00-07:00", "07:60-09:00", "07:00-24:01", "24:00-07:00")),
    *((said, "begins where it ends: leave it out for the whole day") for said in ("07:00-07:00", "00:00-24:00")),
)
WEEK = "mon, tue, wed, thu, fri, sat or sun"
NO_DAYS = (
    ("monday", "'monday' is no day (did you mean mon?)"),
    ("mon-", f"'' is no day ({WEEK})"),
    ("1-5", f"'1' is no day ({WEEK})"),
    ("[mon, tuu]", "'tuu' is no day (did you mean tue?)"),
    ("mon-fri-sat", "'fri-sat' is no day (did you mean sat?)"),
    ("mon-sun", "are all days: leave it out"),
    ("tue-mon", "are all days: leave it out"),
    ("[mon, mon]", "mon stands there twice"),
    ("[mon-wed, wed-fri]", "wed stands there twice"),
    ("[]", "are none"),
    ("5", "expected days"),
    ("[1, 2]", "expected days"),
    ("{mon: true}", "expected days"),
)


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("stop", "{}", ": has no key (it has price)"),
        ("stop", "{prise: 9}", ".prise: unknown key (did you mean price?)"),
        ("stop", "{price: 9, distance: 5}", ".distance: unknown key (it has price)"),
        ("target", "{price: [9]}", ".price: expected an expression (such as 2 * ltf.atr)"),
        ("target", "{price: }", ".price: expected an expression (such as 2 * ltf.atr)"),
        ("trail", "{}", ": has no key (it has distance, pct, atr or from)"),
        ("trail", "{from: close}", ": wants one of distance, pct or atr (they say how far the stop stays behind)"),
        ("trail", "{pct: 1, atr: 2}", ": wants one of distance, pct or atr (they say how far the stop stays behind)"),
        ("trail", "{pct: 1, form: 2}", ".form: unknown key (did you mean from?)"),
        ("trail", "{1: 2}", ".1: unknown key (it has distance, pct, atr or from)"),
        ("order", "{price: 9}", ".price: unknown key (it has limit or stop)"),
        ("order", "{for: 3}", ".for: does nothing: entries at the market never wait (write {limit: …, for: 3})"),
        *(("order", f"{{limit: close, for: {said}}}", f".for: {why}") for said, why in NO_LIFETIME),
        *(("rearm", said, ": expected true or false") for said in ("1", "'true'", "yes", "")),
        *(
            (f"cooldown_{key}", said, ": expected a number of ltf bars from 0 to 1,000,000 (0 is none)")
            for key in ("bars", "after_loss_bars")
            for said in ("-1", "1.5", "1e9", "1000001", "'3'", "true", "3h", "[3]", ".nan", "")
        ),
        ("pause_after_losses", "3", ": expected keys and values, got 3"),
        ("pause_after_losses", "{losses: 3}", ".bars: is required"),
        ("pause_after_losses", "{losses: 0, bars: 5}", ".losses: must be at least 1, got 0"),
        ("pause_after_losses", "{losses: 3, bars: 1e9}", ".bars: expected a whole number, got 1000000000.0"),
        ("pause_after_losses", "{losses: 3, bars: 1000001}", ".bars: must be at most 1e+06, got 1000001"),
        ("pause_after_losses", "{losses: 3, bras: 5, bars: 1}", ".bras: unknown key (did you mean bars?)"),
        ("max_entries_per_day", "0", ": must be at least 1, got 0"),
        ("max_entries_per_day", "2.5", ": expected a whole number, got 2.5"),
        ("session", "{}", ": has no key (it has hours, days or not_around_funding)"),
        ("session", "mon-fri", ": expected keys and values (write {days: mon-fri})"),
        ("session", "{hour: 7}", ".hour: unknown key (did you mean hours?)"),
        *(("session", f"{{hours: {said}}}", f".hours: '{said}' {why} {HOURS}") for said, why in NO_HOURS),
        *(
            ("session", f"{{hours: {said}}}", f".hours: expected a span of hours {HOURS}")
            for said in ("7", "[7, 9]", "")
        ),
        *(
            ("session", f"{{days: {said}}}", f".days: {why} (such as mon-fri, or [mon, wed, fri])")
            for said, why in NO_DAYS
        ),
        ("session", "{not_around_funding: 10}", ".not_around_funding: expected a duration (such as 20m, 4h or 1d)"),
        ("session", "{not_around_funding: 10:00}", f".not_around_funding: '10:00' {SPAN}"),
        ("session", "{not_around_funding: 1.5h}", f".not_around_funding: '1.5h' {SPAN}"),
        ("size", "0.1", ": expected keys and values (such as {risk_pct: 1})"),
        ("size", "{}", ": has no key (it has qty, notional_usdt, notional_pct, margin_pct or risk_pct)"),
        ("size", "{risk: 1}", ".risk: unknown key (did you mean risk_pct?)"),
        ("size", "{qty: [1]}", ".qty: expected an expression (such as 2 * ltf.atr)"),
        (
            "size",
            "{qty: 1, margin_pct: 2}",
            ": needs exactly one of qty, notional_usdt, notional_pct, margin_pct or risk_pct, got qty and margin_pct",
        ),
        ("order", "limit", ": expected market, or keys and values (such as {limit: close - atr})"),
        ("cancel_when", "close > open", ": does nothing: entries at the market never wait (write order: {limit: …})"),
        ("break_even", "{price: 9}", ": expected an expression (such as ltf.close > ltf.open)"),
    ],
)
def test_keys_of_a_level_are_its_own(key: str, value: str, problem: str) -> None:
    """A stop or target is a distance or has a price; a trailing stop one way to say how far."""
    text = RULED.replace("    stop: far * 1.5", "    exit: far > 1")
    assert problems_of(text, f"strategy.rules.{key}={value}") == [f"--set strategy.rules.{key}{problem}"]


def test_a_level_is_a_distance_or_a_price() -> None:
    """It is said by one of two names, and both stand in a resolved system as they were written."""
    system = ruled("strategy.rules.stop={price: close - 5}", "strategy.rules.long.trail={atr: far, from: close + 9}")
    rules = system.strategy.rules
    assert rules is not None
    assert [rules.said("short", key) for key in ("stop", "stop.price")] == [None, "close - 5"]
    assert [rules.said("long", key) for key in ("stop", "stop.price")] == ["5", None]
    assert [rules.said("long", f"trail.{key}") for key in ("atr", "pct", "from")] == ["far", None, "close + 9"]
    assert rules.place("long", "trail.from") == ("long", "trail", "from")
    assert parse_system(resolved_text(system), "again.yml") == system
    assert identity(system) != identity(ruled())


def test_one_side_may_enter_at_the_market_while_the_other_waits() -> None:
    """`market` inside a side takes the place of what stands beside; who never waits needs no word on cancelling."""
    rules = ruled("strategy.rules.order={limit: close}", "strategy.rules.long.order=market").strategy.rules
    assert rules is not None
    assert [rules.said(side, "order.limit") for side in ("long", "short")] == [None, "close"]
    assert ruled("strategy.rules.short.order={stop: close}", "strategy.rules.cancel_when=far > 1")
    assert problems_of(RULED, "strategy.rules.short.order={stop: close}", "strategy.rules.long.cancel_when=far > 1")


def test_the_time_of_an_order_and_the_size_are_kept_as_written() -> None:
    """Bars are a number, a duration a word; both stand in a resolved system, and make another run."""
    for said in (3, "20m"):
        system = ruled(
            f"strategy.rules.order={{limit: close, for: {said}}}", "strategy.rules.short.size={qty: far / 9}"
        )
        rules = system.strategy.rules
        assert rules is not None
        assert [rules.value(side, "order.for") for side in ("long", "short")] == [said, said]
        assert [rules.said(side, "size.qty") for side in ("long", "short")] == [None, "far / 9"]
        assert parse_system(resolved_text(system), "again.yml") == system
        assert identity(system) != identity(ruled("strategy.rules.order={limit: close}"))


def test_a_side_sized_by_its_own_risk_needs_a_stop() -> None:
    """Its own size counts, whatever the run's is: without a stop risk_pct is refused, and any other is not."""
    text = RULED.replace("    stop: far * 1.5\n", "    exit: far > 1\n")
    assert problems_of(text, "strategy.rules.short.size={risk_pct: 1}") == [
        "system.yml:10:5 strategy.rules.short: enters without a stop, and size.risk_pct sizes by the distance to one "
        "(write stop: …, or choose another sizing)"
    ]
    by_risk = text.replace("{qty: 0.01}", "{risk_pct: 1}")
    assert parse_system(by_risk, "system.yml", ["strategy.rules.short.size={qty: 1}"])


def test_a_trailing_stop_is_one_to_size_by() -> None:
    """A side that only trails may be sized by what it risks."""
    by_risk = RULED.replace("{qty: 0.01}", "{risk_pct: 1}").replace("stop: far * 1.5", "trail: {pct: far}")
    assert parse_system(by_risk, "system.yml")


@pytest.mark.parametrize(
    ("rules", "problems"),
    [
        ("{}", [": has no enter, so nothing would ever be done (write long: {enter: \"…\"})"]),
        ("{stop: 1}", [": has no enter, so nothing would ever be done (write long: {enter: \"…\"})"]),
        ("{long: {}}", [".long: does nothing: long has no enter (write long: {enter: …})"]),
        ("{long: {enter: a > 1}, short: {stop: 1, exit: a > 1}}",
         [".short.exit: does nothing: short has no enter (write short: {enter: …})",
          ".short.stop: does nothing: short has no enter (write short: {enter: …})"]),
        ("{long: {enter: a > 1, target: 2}, target: 1}",
         [".target: does nothing: long has its own target (take one out)"]),
        ("{long: {enter: a > 1, stop: 2}, short: {enter: a < 1, stop: 3}, stop: 1}",
         [".stop: does nothing: long and short have their own stop (take one out)"]),
        ("{long: {enter: a > 1, stop: 2}, short: {enter: a < 1}, stop: 1}", []),
    ],
)  # fmt: skip
def test_a_key_that_does_nothing_is_refused(rules: str, problems: list[str]) -> None:
    """A side that never enters needs nothing else, and a default that both sides replace is none."""
    override = f"strategy.rules={rules}"
    if not problems:
        assert ruled(override)
    else:
        assert problems_of(RULED, override) == [f"--set strategy.rules{problem}" for problem in problems]


def test_sizing_by_risk_needs_a_stop() -> None:
    """A side that would have every entry refused is told; one with a stop of its own or of both is not."""
    by_risk = RULED.replace("{qty: 0.01}", "{risk_pct: 1}")
    assert parse_system(by_risk, "system.yml")
    assert problems_of(by_risk.replace("    stop: far * 1.5\n", "")) == [
        "system.yml:10:5 strategy.rules.short: enters without a stop, and risk.sizing.risk_pct sizes by the distance "
        "to one (write stop: …, or choose another sizing)"
    ]


def test_one_symbol_may_have_parameters_or_a_strategy_of_its_own() -> None:
    """Its parameters replace those of all, and code that it names takes the place of the rules."""
    own = ruled("strategy.per_symbol={ETHUSDT: {params: {far: 7}}}")
    assert own.strategy_of("ETHUSDT").params == {"far": 7}
    assert own.strategy_of("ETHUSDT").rules == own.strategy.rules
    other = ruled("strategy.per_symbol={ETHUSDT: {use: mtf_trend}}").strategy_of("ETHUSDT")
    assert (other.name, other.rules, other.params) == ("mtf_trend", None, {})


def test_a_file_has_at_most_a_megabyte(tmp_path: Path) -> None:
    """What no parser should be given is refused by its size, in the file and in a value that is set."""
    huge = tmp_path / "system.yml"
    huge.write_text(RULED.replace("close > open", "close + " * MOST_LETTERS + "1 > 2"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"has 8,38\d,\d{3} bytes; a system file has at most 1,048,576 letters"):
        load_system(huge)
    (found,) = problems_of(RULED, f"strategy.rules.stop={'1 + ' * 20_000}1")
    assert found == "--set strategy.rules.stop: has 80,001 letters; a value has at most 65,536"


def test_a_key_of_very_many_parts_is_told_as_such() -> None:
    """No key of a system has as many; five hundred of them were more than could be put into place."""
    (found,) = problems_of(RULED, "strategy.params." + "a." * 500 + "b=1")
    assert found.startswith("--set strategy.params.a.a.a.a.a.a: a key has at most 64 parts, this one 503")


def test_a_place_inside_an_expression_counts_from_where_it_begins() -> None:
    """The value of a key has a place of its own; what was set has none in the file."""
    system = ruled()
    assert system.where("strategy.rules.stop") == "system.yml:11:5"
    assert system.where_value("strategy.rules.stop") == "system.yml:11:11"
    assert ruled("strategy.rules.stop=1").where_value("strategy.rules.stop") == "--set strategy.rules.stop"


def test_an_editor_knows_the_keys_of_rules() -> None:
    """The schema has each key with what it is for, expressions as texts or numbers."""
    side = schema()["$defs"]["RulesOfSide"]["properties"]
    assert list(side) == list(RULE_KEYS)
    assert {tuple(side[key]["type"]) for key in ("enter", "exit", "break_even")} == {("string", "number")}
    assert list(side["trail"]["properties"]) == ["distance", "pct", "atr", "from"]
    assert side["stop"]["anyOf"][1]["properties"] == {"price": {"type": ["string", "number"]}}
    assert all(key["description"] for key in schema()["$defs"]["Rules"]["properties"].values())


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ("cooldown_bars: 5, cooldown_after_loss_bars: 5", ""),
        ("cooldown_bars: 9, cooldown_after_loss_bars: 5", ""),
        ("cooldown_bars: 5, cooldown_after_loss_bars: 6", None),
        ("cooldown_bars: 5, cooldown_after_loss_bars: 0", None),
        ("cooldown_bars: 5, long: {enter: far > 1, cooldown_after_loss_bars: 5}", ".long"),
        ("cooldown_after_loss_bars: 5, long: {enter: far > 1, cooldown_bars: 5}", None),
        ("long: {enter: far > 1, cooldown_bars: 5, cooldown_after_loss_bars: 5}", ".long"),
    ],
)
def test_a_cooldown_that_another_covers_is_refused(rules: str, problem: str | None) -> None:
    """After a loss nothing is held back longer than after any trade; one that looks at both sides covers one's own."""
    own = "" if "long:" in rules else "long: {enter: far > 1}, "
    override = f"strategy.rules={{{own}{rules}, short: {{enter: far < 1}}}}"
    if problem is None:
        assert ruled(override)
    else:
        assert problems_of(RULED, override) == [
            f"--set strategy.rules{problem}.cooldown_after_loss_bars: does nothing: cooldown_bars is at least as long "
            "(take one out)"
        ]


def test_no_settlement_is_kept_away_from_where_there_is_none() -> None:
    """Without funding the key has no meaning, inside a side or beside them."""
    for place in ("", ".long"):
        said = f"strategy.rules{place}.session={{not_around_funding: 10m}}"
        assert problems_of(RULED, said, "costs.funding=none") == [
            f"--set strategy.rules{place}.session.not_around_funding: has no meaning with costs.funding: none "
            "(set costs.funding: settled)"
        ]


def test_gates_are_kept_as_written() -> None:
    """A span of hours without quotes is no number of seconds; all of them read back, and make another run."""
    text = RULED.replace(
        "    stop: far * 1.5", "    session: {hours: 07:00-21:30, days: [mon, wed-fri]}\n    rearm: true"
    )
    system = parse_system(text, "system.yml", ["strategy.rules.long.pause_after_losses={losses: 3, bars: 96}"])
    rules = system.strategy.rules
    assert rules is not None
    assert rules.value("short", "session.hours") == "07:00-21:30"
    assert rules.value("short", "session.days") == ("mon", "wed-fri")
    assert [rules.value(side, "pause_after_losses.bars") for side in ("long", "short")] == [96, None]
    assert [rules.place(side, "rearm") for side in ("long", "short")] == [("rearm",), ("rearm",)]
    assert parse_system(resolved_text(system), "again.yml") == system
    assert identity(system) != identity(parse_system(text, "system.yml"))


def test_a_problem_of_a_gate_has_its_place() -> None:
    """The line and the column of the key that is to blame, inside the block."""
    text = RULED.replace("    stop: far * 1.5", "    session:\n      days: mon-fri\n      hours: 25:00-")
    (found,) = problems_of(text)
    assert found.startswith("system.yml:13:7 strategy.rules.session.hours: '25:00-' is no span of hours")


@pytest.mark.parametrize(
    ("said", "days"),
    [("mon", (1,)), ("mon-fri", (1, 2, 3, 4, 5)), ("fri-mon", (1, 5, 6, 7)), (("sun", "tue-wed"), (2, 3, 7))],
)
def test_days_are_a_day_a_range_or_a_list(said: str | tuple[str, ...], days: tuple[int, ...]) -> None:
    """Monday is 1, and a range may run over Sunday."""
    assert days_of(said) == days


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("07:00-21:30", (420, 1290)),
        ("7:00 - 24:00", (420, 1440)),
        ("22:00-06:00", (1320, 360)),
        ("9:05-0:00", (545, 0)),
    ],
)
def test_hours_are_minutes_of_the_day(said: str, minutes: tuple[int, int]) -> None:
    """The end of the day may be written as 24:00 or 0:00."""
    assert hours_of(said) == minutes


def test_rules_as_plain_values_are_those_of_the_whole_system() -> None:
    """With every key there is, in every form that one has."""
    keys = {
        "exit": '"close < 1"',
        "order": "{limit: close, for: 3}",
        "cancel_when": '"close > 2"',
        "stop": "{price: low}",
        "target": "4",
        "trail": "{atr: 2, from: 1}",
        "break_even": "0.5",
        "size": "{qty: 1}",
        "rearm": "true",
        "cooldown_bars": "3",
        "cooldown_after_loss_bars": "5",
        "pause_after_losses": "{losses: 3, bars: 96}",
        "max_entries_per_day": "2",
        "session": "{hours: 07:00-21:30, days: [mon, wed-fri], not_around_funding: 10m}",
        "exits": "[{share: 0.5, at: {price: high}, then: break_even}, {share: 0.25, when: close > 9, then: {stop: 1}}]",
        "target_by_age": '{0: "3", 24: "1"}',
        "stop_follow": '"low"',
        "adds": '{when: "close > 3", most: 2, apart: "1"}',
    }
    assert ("enter", *keys) == RULE_KEYS
    for left_out in ("target", "target_by_age"):
        sets = [f"strategy.rules.{key}={value}" for key, value in keys.items() if key != left_out]
        sets += [f"strategy.rules.long.{key}={keys[key]}" for key in ("session", "exits", "stop", "order", "rearm")]
        system = ruled(*sets, "strategy.rules.short.exit=close > 7", "strategy.rules.short.max_entries_per_day=4")
        rules = system.strategy.rules
        assert rules is not None
        assert rules.plain == rules.model_dump(mode="json", by_alias=True) == identity(system)["strategy"]["rules"]
        assert (("target_by_age", "24"), "1") in rules.texts or left_out == "target_by_age"
        assert (("long", "session", "days", 1), "wed-fri") in rules.texts
