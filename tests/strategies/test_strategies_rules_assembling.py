"""From rules to a program: which part is computed on whose bars, and what is shared."""

from __future__ import annotations

import random

import numpy as np
import pytest

from btcli.config.rules import Rules
from btcli.errors import ConfigError
from btcli.exchange.book.records import REGISTERS
from btcli.exchange.driver.opcodes import CONST, END
from btcli.exchange.driver.program import check_program
from btcli.exchange.formulas import choosing
from btcli.expressions.names import Names
from btcli.strategies.rules.assembling import Assembled
from btcli.strategies.rules.grouping import OUTPUTS, SCRATCH
from btcli.strategies.rules.listing import listing
from btcli.strategies.rules.rule_set import assembled_rules

SCRATCHED = f"r{SCRATCH}"
FEATURES = {"ltf": ("f", "s"), "mtf": ("a", "b"), "htf": ("a", "b")}
W1 = {
    "long": {"enter": "cross_above(ltf.f, ltf.s)"},
    "short": {"enter": "cross_below(ltf.f, ltf.s)"},
    "stop": "0.02 * ltf.close",
    "target": "0.04 * ltf.close",
}


def made(rules: dict[str, object], **params: float) -> Assembled:
    """The program of these rules, checked as the machine wants it."""
    names = Names(FEATURES, tuple(params))
    assembled = assembled_rules(Rules.model_validate(rules), params, names)
    check_program(assembled.program)
    return assembled


def lines(rules: dict[str, object], **params: float) -> list[str]:
    """The program, line by line without the blanks in front."""
    return [line.strip() for line in listing(made(rules, **params).program).splitlines()]


def test_a_cross_of_one_role_reads_the_bar_before() -> None:
    """Both sides share what they read; distances stand in a recipe of their own, one for both sides."""
    assert lines(W1) == [
        "at the closes of ltf:",
        "r0 = ltf.f", "r1 = ltf.s", "r2 = GT r0 r1", "r3 = ltf.f[1]", "r4 = ltf.s[1]", "r5 = LE r3 r4",
        "r6 = AND r2 r5", "r2 = LT r0 r1", "r0 = GE r3 r4", "r1 = AND r2 r0",
        "long.enter = r6", "short.enter = r1",
        "at the closes of ltf:",
        "r0 = 0.02", "r1 = ltf.close", "r2 = MUL r0 r1", "r0 = 0.040000000000000001", "r3 = MUL r0 r1",
        "long.stop = r2", "long.target = r3",
        "where long.enter:",
        "long.enter = 1", "long.stop = long.stop", "long.target = long.target",
        f"{SCRATCHED} = EQ long.stop long.stop", f"long.enter = AND long.enter {SCRATCHED}",
        f"{SCRATCHED} = EQ long.target long.target", f"long.enter = AND long.enter {SCRATCHED}",
        "where short.enter:",
        "short.enter = 1", "short.stop = long.stop", "short.target = long.target",
        f"{SCRATCHED} = EQ short.stop short.stop", f"short.enter = AND short.enter {SCRATCHED}",
        f"{SCRATCHED} = EQ short.target short.target", f"short.enter = AND short.enter {SCRATCHED}",
    ]  # fmt: skip


def test_what_hangs_on_one_coarser_role_is_computed_on_its_bars() -> None:
    """A comparison of htf is one column of htf, read at the closes of ltf."""
    assert lines({"long": {"enter": "close > f and htf.a > 2 * htf.b"}}) == [
        "on the bars of htf:",
        "r0 = a", "r1 = 2", "r2 = b", "r3 = MUL r1 r2", "r1 = GT r0 r3", "@0 = r1",
        "at the closes of ltf:",
        "r0 = ltf.close", "r1 = ltf.f", "r2 = GT r0 r1", "r0 = htf.@0", "r1 = AND r2 r0", "long.enter = r1",
        "where long.enter:",
        "long.enter = 1",
    ]  # fmt: skip


def test_a_cross_of_a_coarser_role_counts_where_its_bar_is_fresh() -> None:
    """It is computed bar by bar of that role, and happens at one close of ltf alone; exec is a role like others."""
    assert lines({"long": {"enter": "cross_above(htf.a, 3)", "exit": "cross_below(exec.close, exec.open)"}}) == [
        "on the bars of htf:",
        "r0 = a", "r1 = 3", "r2 = GT r0 r1", "r0 = a[1]", "r3 = LE r0 r1", "r0 = AND r2 r3", "@0 = r0",
        "on the bars of exec:",
        "r0 = close", "r1 = open", "r2 = LT r0 r1", "r0 = close[1]", "r1 = open[1]", "r3 = GE r0 r1", "r0 = AND r2 r3",
        "@0 = r0",
        "at the closes of ltf:",
        "r0 = htf.@0", "r1 = FRESH htf", "r2 = AND r0 r1",
        "r0 = exec.@0", "r1 = FRESH exec", "r3 = AND r0 r1",
        "long.enter = r2", "long.exit = r3",
        "where long.enter:", "long.enter = 1",
        "where long.exit:", "long.exit = 1",
    ]  # fmt: skip


def test_a_cross_of_several_roles_counts_closes_of_ltf() -> None:
    """Without ltf among them only where a bar of one of them closed."""
    assert lines({"long": {"enter": "cross_above(mtf.a, htf.a)"}})[1:9] == [
        "r0 = mtf.a", "r1 = htf.a", "r2 = GT r0 r1", "r0 = mtf.a[1]", "r1 = htf.a[1]", "r3 = LE r0 r1",
        "r0 = AND r2 r3", "r1 = FRESH htf",
    ]  # fmt: skip
    with_ltf = lines({"long": {"enter": "cross_above(close, htf.a)"}})
    assert not any("FRESH" in line for line in with_ltf)


def test_parameters_are_constants_and_code_stays() -> None:
    """Another trial is other numbers in the same instructions, equal to a program made with them."""
    rules = {"long": {"enter": "htf.a > level and close > level + 1"}, "stop": "far * close"}
    first, other = made(rules, level=5.0, far=2.0), made(rules, level=7.0, far=3.0)
    again = first.with_params({"level": 7.0, "far": 3.0})
    for one, two in zip(again.recipes, other.program.recipes, strict=True):
        assert np.array_equal(one.code, two.code)
        assert one.constants.tolist() == two.constants.tolist()
        assert (one.role, one.inputs, one.outputs) == (two.role, two.inputs, two.outputs)
    assert [recipe.constants.tolist() for recipe in first.program.recipes] == [[5.0], [5.0, 1.0], [2.0]]


def test_distances_may_be_numbers_and_columns() -> None:
    """A fixed distance is no column, and a feature needs no arithmetic."""
    tail = lines({"long": {"enter": "close > 1", "stop": 150, "target": "htf.a"}})
    assert tail[5:8] == ["at the closes of ltf:", "r0 = htf.a", "long.target = r0"]
    assert tail[8:12] == ["where long.enter:", "long.enter = 1", "long.stop = 150", "long.target = long.target"]


def test_equal_expressions_of_both_sides_are_one_column() -> None:
    """Also where they are written differently."""
    rules = {"long": {"enter": "close>f"}, "short": {"enter": "(ltf.close > ltf.f)"}}
    program = made(rules).program
    assert program.wants == ("long.enter",)
    assert [group.reads for group in program.groups] == [(), ()]
    assert [group.code.tolist() for group in program.groups] == [
        [[CONST, register, 0, 0], [END, 0, 0, 0]] for register in (choosing.ENTER_LONG, choosing.ENTER_SHORT)
    ]


def test_outputs_are_in_the_registers_that_the_exchange_reads() -> None:
    """Side and key of each output name the register."""
    single = [getattr(choosing, f"{key}_{side}".upper()) for side, key in OUTPUTS[: choosing.PART_AT]]
    assert single == list(range(choosing.PART_AT))
    starts = {
        "exits_0_at": choosing.PART_AT,
        "exits_0_at_price": choosing.PART_PRICE,
        "exits_0_then_stop": choosing.PART_STOP,
        "exits_0_then_stop_price": choosing.PART_STOP_PRICE,
        "exits_0_then_trail": choosing.PART_TRAIL,
        "exits_0_then_trail_from": choosing.PART_TRAIL_FROM,
        "exits.0.when": choosing.PART_WHEN,
        "target_by_age_0": choosing.AGED_TARGET,
        "adds.when": choosing.ADD_WHEN,
        "adds_apart": choosing.ADD_APART,
        "stop_follow": choosing.STOP_FOLLOW,
    }
    assert {key: OUTPUTS.index(("long", key)) for key in starts} == starts
    assert OUTPUTS.index(("short", "exits_3_at")) == choosing.PART_AT + 3 * choosing.PART_OF_LONG + 1
    assert OUTPUTS.index(("long", "target_by_age_7")) == choosing.AGED_TARGET + 7 * choosing.PART_OF_LONG
    assert len(OUTPUTS) == choosing.OUTPUTS


def _nested(draw: random.Random, depth: int) -> str:
    """Arithmetic as deep as it may be, over several roles."""
    if depth == 0:
        return draw.choice(["close", "htf.a", "mtf.a", "s", "2"])
    return f"{draw.choice(['close', 'f', 'mtf.b', 'htf.b'])} {draw.choice('+-*/')} ({_nested(draw, depth - 1)})"


@pytest.mark.parametrize("seed", range(5))
def test_no_expression_needs_more_registers_than_there_are(seed: int) -> None:
    """However deep and wide rules are, values that no longer fit are computed again."""
    draw = random.Random(seed)
    deep = " and ".join(f"{_nested(draw, 44)} > {number}" for number in range(3))
    many = " and ".join(f"{draw.choice('ab')} > {k}".replace("a", "htf.a").replace("b", "htf.b") for k in range(120))
    rules = {"long": {"enter": deep, "exit": many}, "short": {"enter": deep.replace("close", "open")}}
    for recipe in made(rules).program.recipes:
        assert recipe.code[:, 1].max() < REGISTERS


def test_values_are_computed_again_where_registers_run_out() -> None:
    """Eighty sums that are read twice cannot all be held, so each is made twice: three instructions a time."""
    low, high = (", ".join(f"close + {number}" for number in range(start, start + 40)) for start in (0, 40))
    few = made({"long": {"enter": f"min({low}) > 1 and max({low}) > 2"}}).instructions
    assert few == (1 + 2 * 40 + 2 * 39) + 2 + 1 + 1 + 2  # read and add, least and greatest, GT, AND, the two ends
    rules = {"long": {"enter": f"min({low}) > min({high}) and max({low}) > max({high})"}}
    assert made(rules).instructions == 3 * 160 + 4 * 39 + 3 + 1 + 2


def test_a_program_has_at_most_two_thousand_instructions() -> None:
    """More is refused with both numbers."""
    wide = [" and ".join(f"close > {start + k}" for k in range(200)) for start in (0, 1_000, 2_000, 3_000)]
    rules = {"long": {"enter": wide[0], "exit": wide[1]}, "short": {"enter": wide[2], "exit": wide[3]}}
    with pytest.raises(ConfigError, match=r"rules come to 2,40\d instructions; a program has at most 2,000"):
        made(rules)


def test_parameters_are_constants_of_the_loop_too() -> None:
    """Another trial of rules that name the position is other numbers in the same code."""
    rules = {"long": {"enter": "close > 1", "exit": "position.bars >= old or position.move_pct > 2 * gain"}}
    first, other = made(rules, old=5.0, gain=2.0), made(rules, old=7.0, gain=3.0)
    again = first.with_params({"old": 7.0, "gain": 3.0})
    assert again.constants.tolist() == other.program.constants.tolist()
    assert again.constants.tolist() != first.program.constants.tolist()
    for one, two in zip(again.groups, other.program.groups, strict=True):
        assert one.code.tolist() == two.code.tolist()


def test_what_hangs_on_prices_is_hoisted_out_of_what_does_not() -> None:
    """One column for both comparisons of prices, which is where the exit could be true; and the rest in the loop."""
    prices, bars, most, enough = (f"r{SCRATCH + n}" for n in range(4))
    assert lines({"long": {"enter": "close > 1", "exit": "close < f and position.bars >= 3 and open < s"}})[-8:] == [
        "where long.enter:", "long.enter = 1",
        "where long.exit.held:", f"{prices} = long.exit.held", f"{bars} = position.bars", f"{most} = 3",
        f"{enough} = GE {bars} {most}", f"long.exit = AND {prices} {enough}",
    ]  # fmt: skip


def test_few_conditions_are_remembered() -> None:
    """Nine are refused with both numbers; the same one twice is one."""
    eight = " or ".join(f"(close > {n} then open > {n} within 3)" for n in range(8))
    assert len(made({"long": {"enter": eight, "exit": "close > 3 then open > 9 within 7"}}).memories) == 8
    with pytest.raises(ConfigError, match="remember 9 conditions; a program remembers at most 8"):
        made({"long": {"enter": f"{eight} or (close > 8 then open > 8 within 3)"}})
