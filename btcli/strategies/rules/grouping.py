"""What rules say together at a close: an entry with its levels, an exit, what takes orders back; each for a side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from btcli.exchange.book.deciders import MAX_TARGETS, MOST_AGES
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
from btcli.expressions.tree import FALSE_MS, Node, Operation, Window, states_of
from btcli.strategies.rules.splitting import FALSE, OF_POSITION, TRUE, Hoisted, possible

PARTS, AGES = range(MAX_TARGETS), range(MOST_AGES)
PART_LEVELS = ("at", "at_price", "then_stop", "then_stop_price", "then_trail", "then_trail_from")
PARTS_WHEN = tuple(f"exits.{n}.when" for n in PARTS)
CONDITIONS = ("enter", "exit", "cancel_when", *PARTS_WHEN, "adds.when")
BRACKET = ("stop", "target", "stop_price", "target_price", "trail", "trail_from", "break_even", "limit", "trigger")
BESIDE = ("session", FALSE_MS)  # what its gates need to know
OF_PARTS = tuple(f"exits_{n}_{key}" for key in PART_LEVELS for n in PARTS)
BY_AGE = tuple(f"target_by_age_{n}" for n in AGES)
LEVELS = (*BRACKET, "size", *OF_PARTS, *BY_AGE)  # what an entry needs to know
LAST = ("cancel_when", "size", *BESIDE, *OF_PARTS, *PARTS_WHEN, *BY_AGE, "adds.when", "adds_apart", "stop_follow")
OUTPUTS = tuple((side, key) for key in ("enter", "exit", *BRACKET, *LAST) for side in ("long", "short"))
NEEDED = {"enter": LEVELS, "adds.when": ("adds_apart", "size")}  # what is to be known for a condition to count
TO_SIZE = ("stop", "stop_price", "trail", "trail_from")  # what an entry that adds is sized by
SCRATCH = len(OUTPUTS)  # the first register that is no output
HELD = {"long": LONG_MATTERS, "short": SHORT_MATTERS}
NOT_HELD = FLAT_MATTERS | WAITING_FLAT
Meanings = Mapping[tuple[str, str], Node]  # by side and key


class Loop(NamedTuple):
    """What the code of the loop needs: columns, constants, and the conditions that it remembers."""

    hoisted: Hoisted
    constants: list[float | str]
    memories: list[Node]


def grouped(meanings: Meanings, loop: Loop) -> Iterator[Group]:
    """The groups of rules, in the order in which they run, last those of what is remembered; `loop` is added to."""
    for key in CONDITIONS:
        for side in ("long", "short"):
            if (side, key) in meanings:
                yield _group(side, key, meanings, loop)
    for side in ("long", "short"):
        if (side, "stop_follow") in meanings:
            yield _following(side, meanings[side, "stop_follow"], loop)
    for condition in loop.memories:  # which may remember others, that are added to these
        yield _remembered(condition, loop)


def _following(side: str, level: Node, loop: Loop) -> Group:
    """A level for the stop, wherever it is known while the side is held."""
    name, known = f"{side}.stop_follow", Operation("EQ", (level, level))
    wants = tuple(_wants(known, f"{name}.known", HELD[side], loop.hoisted, is_whole=False))
    wanted = {OUTPUTS.index((side, "stop_follow")): loop.hoisted.rest(level, name)}
    code, reads = emitted_in_loop(wanted, loop.constants, loop.memories, SCRATCH)
    return Group(wants, instructions(code), reads)


def _remembered(condition: Node, loop: Loop) -> Group:
    """A condition, left in register 0 where it is true or unknown."""
    columns: list[Node] = [TRUE]
    if not states_of(condition):
        columns = [condition, Operation("NOT", (Operation("KNOWN", (condition,)),))]
    wants = tuple(Want(loop.hoisted.column(each).name, ALWAYS_MATTERS) for each in columns)
    code, reads = emitted_in_loop({0: loop.hoisted.rest(condition)}, loop.constants, loop.memories, SCRATCH)
    return Group(wants, instructions(code), reads)


def _group(side: str, key: str, meanings: Meanings, loop: Loop) -> Group:
    hoisted = loop.hoisted
    condition, place = meanings[side, key], OUTPUTS.index((side, key))
    rearms = key == "enter" and (side, FALSE_MS) in meanings
    wants = tuple(_wants(condition, f"{side}.{key}", _matters(side, key), hoisted, is_whole=rearms))
    result = hoisted.rest(condition) if states_of(condition) else TRUE  # where it runs, it is true
    needed, beside = NEEDED.get(key, ()), TO_SIZE if key == "adds.when" else ()
    keys = [level for level in (*needed, *beside) if (side, level) in meanings]
    levels = {OUTPUTS.index((side, level)): hoisted.rest(meanings[side, level], f"{side}.{level}") for level in keys}
    of_gates = _beside(side, key, meanings, hoisted)
    code, reads = emitted_in_loop({place: result, **levels, **of_gates}, loop.constants, loop.memories, SCRATCH)
    known = [OUTPUTS.index((side, level)) for level in keys if level in needed]
    ahead = key == "exit" and _is_of_position(condition)
    return Group(wants, instructions([*code, *_known(place, known)]), reads, looks_ahead=ahead)


def _is_of_position(condition: Node) -> bool:
    """Whether of what is known inside the loop alone only the position counts."""
    names = states_of(condition)
    return bool(names) and all(name.startswith(OF_POSITION) for name in names)


def _beside(side: str, key: str, meanings: Meanings, hoisted: Hoisted) -> dict[int, Node]:
    """What the gates of an entry look at, by register."""
    found: dict[int, Node] = {}
    for name in BESIDE if key == "enter" else ():
        node = meanings.get((side, name))
        if isinstance(node, Window) and name == FALSE_MS:
            node = Window(FALSE_MS, _ever_possible(node.of))
        if node is not None:
            found[OUTPUTS.index((side, name))] = hoisted.column(node, f"{side}.{name}")
    return found


def _ever_possible(condition: Node) -> Node:
    """A condition on prices alone that is false only where the given one is, whether a position is held or none."""
    if not states_of(condition):
        return condition
    flat, held = possible(condition, is_held=False), possible(condition, is_held=True)
    if flat == held or FALSE in (flat, held):
        return held if flat == FALSE else flat
    return TRUE if TRUE in (flat, held) else Operation("OR", (flat, held))


def _matters(side: str, key: str) -> int:
    """When a condition matters: exits and adds while their side is held, what takes orders back while one waits."""
    return {"enter": ALWAYS_MATTERS, "cancel_when": WAITING_FLAT | WAITING_HELD}.get(key, HELD[side])


def _wants(condition: Node, name: str, matters: int, hoisted: Hoisted, *, is_whole: bool) -> Iterator[Want]:
    """Where a condition could be true, without a position and with one; `is_whole`: either of both, whatever is."""
    if is_whole or not states_of(condition):
        yield Want(hoisted.column(_ever_possible(condition), name).name, matters)
        return
    flat, held = possible(condition, is_held=False), possible(condition, is_held=True)
    bits = {flat: matters & NOT_HELD}
    bits[held] = bits.get(held, 0) | (matters & ~NOT_HELD)
    for node, when in bits.items():
        if when and node != FALSE:
            yield Want(hoisted.column(node, f"{name}.{'held' if node is held else 'flat'}").name, when)


def _known(wished: int, levels: Iterable[int]) -> Iterator[tuple[int, int, int, int]]:
    """No entry one of whose levels is unknown: only what is known equals itself."""
    for place in levels:
        yield OPCODES["EQ"].number, SCRATCH, place, place
        yield OPCODES["AND"].number, wished, wished, SCRATCH
