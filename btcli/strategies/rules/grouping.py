"""What rules say together at a close: an entry with its levels, an exit, what takes orders back; each for a side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from btcli.exchange.driver.opcodes import OPCODES
from btcli.exchange.driver.program import Group, Want
from btcli.exchange.formulas.choosing import (
    ALWAYS_MATTERS,
    FLAT_MATTERS,
    LONG_MATTERS,
    SHORT_MATTERS,
    WAITING_FLAT,
    WAITING_HELD,
)
from btcli.expressions.emitting import emitted_in_loop, instructions
from btcli.expressions.tree import Node, states_of
from btcli.strategies.rules.splitting import FALSE, TRUE, Hoisted, possible

CONDITIONS = ("enter", "exit", "cancel_when")
BRACKET = ("stop", "target", "stop_price", "target_price", "trail", "trail_from", "break_even", "limit", "trigger")
LEVELS = (*BRACKET, "size")  # what an entry needs to know
KEYS = ("enter", "exit", *BRACKET, "cancel_when", "size")
OUTPUTS = tuple((side, key) for key in KEYS for side in ("long", "short"))
SCRATCH = len(OUTPUTS)  # the first register that is no output
HELD = {"long": LONG_MATTERS, "short": SHORT_MATTERS}
NOT_HELD = FLAT_MATTERS | WAITING_FLAT
Meanings = Mapping[tuple[str, str], Node]  # by side and key


def grouped(meanings: Meanings, hoisted: Hoisted, constants: list[float | str]) -> Iterator[Group]:
    """The groups of rules, in the order in which they run; what they read is hoisted, their constants are added."""
    for key in CONDITIONS:
        for side in ("long", "short"):
            if (side, key) in meanings:
                yield _group(side, key, meanings, hoisted, constants)


def _group(side: str, key: str, meanings: Meanings, hoisted: Hoisted, constants: list[float | str]) -> Group:
    condition, place = meanings[side, key], OUTPUTS.index((side, key))
    wants = tuple(_wants(condition, f"{side}.{key}", _matters(side, key), hoisted))
    result = hoisted.rest(condition) if states_of(condition) else TRUE  # where it runs, it is true
    keys = [level for level in LEVELS if key == "enter" and (side, level) in meanings]
    levels = {OUTPUTS.index((side, level)): hoisted.rest(meanings[side, level], f"{side}.{level}") for level in keys}
    code, reads = emitted_in_loop({place: result, **levels}, constants, SCRATCH)
    return Group(wants, instructions([*code, *_known(place, levels)]), reads)


def _matters(side: str, key: str) -> int:
    """When a condition matters at all: an exit while its side is held, what takes orders back while one waits."""
    return {"enter": ALWAYS_MATTERS, "exit": HELD[side], "cancel_when": WAITING_FLAT | WAITING_HELD}[key]


def _wants(condition: Node, name: str, matters: int, hoisted: Hoisted) -> Iterator[Want]:
    """Where a condition could be true, without a position and with one."""
    if not states_of(condition):
        yield Want(hoisted.column(condition, name).name, matters)
        return
    flat, held = possible(condition, is_held=False), possible(condition, is_held=True)
    bits = {flat: matters & NOT_HELD}
    bits[held] = bits.get(held, 0) | (matters & ~NOT_HELD)
    for node, when in bits.items():
        if when and node != FALSE:
            yield Want(hoisted.column(node, f"{name}.{'held' if node is held else 'flat'}").name, when)


def _known(enter: int, levels: Mapping[int, Node]) -> Iterator[tuple[int, int, int, int]]:
    """No entry one of whose levels is unknown: only what is known equals itself."""
    for place in levels:
        yield OPCODES["EQ"].number, SCRATCH, place, place
        yield OPCODES["AND"].number, enter, enter, SCRATCH
