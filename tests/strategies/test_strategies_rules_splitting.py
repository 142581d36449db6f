"""Rules that name what the loop alone knows: columns say where they could be true, and the rest means the same."""

from __future__ import annotations

import random
from collections.abc import Mapping
from math import isnan, nan

import pytest

from btcli.exchange.driver.program import CLOSES
from btcli.expressions.placing import Places
from btcli.expressions.tree import Column, Memory, Node, Number, Operation, State, states_of
from btcli.strategies.rules.splitting import Hoisted, possible

NUMBERS: tuple[Node, ...] = (
    Column("ltf", "close"), Column("ltf", "open"), Number(1.0), Number(2.0),
    State("position.bars"), State("position.side"), State("account.drawdown_pct"),
)  # fmt: skip
MEMORY = Memory(Operation("GT", (Column("ltf", "close"), Number(1.0))), 3, "long")
SIGNS = ("GT", "GE", "LT", "LE", "EQ", "NE")


def number(draw: random.Random, depth: int) -> Node:
    if depth == 0 or draw.random() < 0.5:
        return draw.choice(NUMBERS)
    return Operation(draw.choice(("ADD", "SUB", "MUL")), (number(draw, depth - 1), number(draw, depth - 1)))


def condition(draw: random.Random, depth: int) -> Node:
    """A tree of conditions over prices, states and what is remembered."""
    if depth == 0 or draw.random() < 0.25:
        return MEMORY if draw.random() < 0.15 else Operation(draw.choice(SIGNS), (number(draw, 2), number(draw, 2)))
    if draw.random() < 0.3:
        return Operation("NOT", (condition(draw, depth - 1),))
    parts = tuple(condition(draw, depth - 1) for _ in range(draw.randint(2, 4)))
    return Operation(draw.choice(("AND", "OR")), parts)


def value(node: Node, known: Mapping[Node, float]) -> float:
    """What a tree comes to, by the tables of the language: NaN is unknown, truths are 1 and 0."""
    if isinstance(node, Number):
        return node.value
    if node in known:
        return known[node]
    assert isinstance(node, Operation)
    values = [value(each, known) for each in node.operands]
    if node.op == "NOT":
        return nan if isnan(values[0]) else float(not values[0])
    if node.op in ("AND", "OR"):
        decides = float(node.op == "OR")
        return decides if decides in values else nan if any(map(isnan, values)) else 1 - decides
    if any(map(isnan, values)):
        return nan
    one, other = values
    sums = {"ADD": one + other, "SUB": one - other, "MUL": one * other}
    compared = {"GT": one > other, "GE": one >= other, "LT": one < other, "LE": one <= other, "EQ": one == other}
    return sums[node.op] if node.op in sums else float(compared.get(node.op, one != other))


def drawn_world(draw: random.Random, *, is_held: bool) -> dict[Node, float]:
    """Values of all leaves; what is of the position is unknown while none is held."""
    world: dict[Node, float] = {each: draw.choice([0.0, 1.0, 2.0, 3.0, nan]) for each in NUMBERS[:2]}
    for state in NUMBERS[4:]:
        world[state] = draw.choice([-1.0, 0.0, 1.0, 2.0, 5.0])
        if not is_held and state != NUMBERS[6]:
            world[state] = nan
    return {**world, MEMORY: draw.choice([0.0, 1.0, nan])}


@pytest.mark.parametrize("seed", range(5))
def test_a_condition_is_true_only_where_its_columns_say_that_it_could_be(seed: int) -> None:
    """Of 100 drawn conditions in five worlds each, flat and held; and often it is ruled out where it is not true."""
    draw, ruled_out = random.Random(seed), 0
    for _ in range(100):
        tree = condition(draw, 3)
        for is_held in (False, True):
            could_be = possible(tree, is_held=is_held)
            assert not states_of(could_be)
            for _ in range(5):
                world = drawn_world(draw, is_held=is_held)
                if value(tree, world) == 1.0:
                    assert value(could_be, world) == 1.0, tree
                else:
                    ruled_out += value(could_be, world) != 1.0
    assert ruled_out > 100


@pytest.mark.parametrize("seed", range(5))
def test_what_is_left_for_the_loop_means_the_same(seed: int) -> None:
    """With its parts on prices alone as columns, to the last bit; whole parts, so that no two of them could be one."""
    draw = random.Random(seed)
    for _ in range(100):
        tree, hoisted = condition(draw, 3), Hoisted(Places())
        rest = hoisted.rest(tree)
        for is_held in (False, True):
            world = drawn_world(draw, is_held=is_held)
            columns = {Column(CLOSES, name): value(node, world) for node, name in hoisted.names.items()}
            told, due = value(rest, {**world, **columns}), value(tree, world)
            assert told == due or (isnan(told) and isnan(due)), tree


def test_parts_on_prices_are_one_column_where_they_are_joined() -> None:
    """`close > 1 and position.bars > 2 and open > 1` reads one column."""
    above = [Operation("GT", (each, Number(1.0))) for each in NUMBERS[:2]]
    bars = Operation("GT", (State("position.bars"), Number(2.0)))
    hoisted = Hoisted(Places())
    rest = hoisted.rest(Operation("AND", (above[0], bars, above[1])))
    assert rest == Operation("AND", (Column(CLOSES, "#0"), bars))
    assert list(hoisted.names) == [Operation("AND", tuple(above))]


def test_what_hangs_on_the_position_alone_could_be_true_only_while_it_is_held() -> None:
    """And its negation as well: neither is known while there is none."""
    bars = Operation("GT", (State("position.bars"), Number(2.0)))
    for tree in (bars, Operation("NOT", (bars,))):
        assert possible(tree, is_held=True) == Number(1.0)
        assert possible(tree, is_held=False) == Number(0.0)
