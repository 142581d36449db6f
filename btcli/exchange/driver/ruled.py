"""Symbols whose rules decide: evaluated at the closes at which they could wish something, and counted at all."""

from __future__ import annotations

from btcli.exchange.book.codes import (
    ASK,
    CLOSE_ALL,
    ENTER,
    FLAT,
    IGNORE,
    NOT_READY,
    READY,
    REVERSE,
)
from btcli.exchange.book.deciders import RULES
from btcli.exchange.book.records import NEVER, Floats, Record
from btcli.exchange.book.tape import deciding_of
from btcli.exchange.driver.attaching import attach_entry
from btcli.exchange.driver.holding import holds_on, withdrawn
from btcli.exchange.driver.opcodes import INFINITE, NAN
from btcli.exchange.driver.row import run_row
from btcli.exchange.formulas.actions import action_of
from btcli.exchange.formulas.choosing import (
    CONFLICT,
    ENTER_LONG,
    FIRST_GROUP,
    LOOKED_AHEAD,
    NO_ENTRY,
    NOTHING,
    OUTPUTS,
    matters_now,
    place_of,
    side_of,
)
from btcli.exchange.formulas.gating import OPEN, closed_gate
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.machine.views import codes_at, floats_at, integers_at, record_at
from btcli.exchange.phases.wishes import follow, follow_as, is_ready, next_question, wish_for

NO_RULES = 0


@compiled
def question_at(book: Record, tape: Record, step: int) -> int:
    """Let every symbol decide at the close of a step, up to one that is to be asked; DONE when there is no other."""
    if book["cursor"]["asked"] < 0:
        begin_closes(book, tape, step)
    question = next_question(book, tape, step)
    while question == ASK and book["deciders"][book["cursor"]["asked"]]["rules"] != NO_RULES:
        answer_by_rules(book, book["cursor"]["asked"], step)
        question = next_question(book, tape, step)
    return question


@compiled
def begin_closes(book: Record, tape: Record, step: int) -> None:
    """Count the closes of ltf of a step, and begin an evaluation of rules that are ready with what they remember."""
    for s in range(book["n_symbols"]):
        decider = book["deciders"][s]
        if deciding_of(tape, s)[step] == 0:
            continue
        decider["closes"] = decider["closes"] + 1
        if decider["rules"] != NO_RULES and is_ready(decider):
            decider["evaluations"] = decider["evaluations"] + 1
            if record_at(decider["rules"], RULES)["n_memories"] > 0:
                remember_conditions(book, s, record_at(decider["rules"], RULES), step)


@compiled
def remember_conditions(book: Record, s: int, rules: Record, step: int) -> None:
    """Keep that conditions of a symbol are true or unknown at this evaluation, where they are."""
    decider = book["deciders"][s]
    row, registers, now = first_row(decider, rules, step), book["registers"], decider["evaluations"]
    if row == rules["n_rows"] or integers_at(rules["steps"], rules["n_rows"])[row] != step:
        return
    code, constants = codes_at(rules["code"], 4 * rules["n_code"]), floats_at(rules["constants"], rules["n_constants"])
    kinds = codes_at(rules["kinds"], rules["n_rows"])[row]
    values = rules["values"] + 8 * integers_at(rules["starts"], rules["n_rows"])[row]
    first = rules["n_groups"] - rules["n_memories"]
    for group in range(rules["n_groups"]):
        if kinds & (FIRST_GROUP << group):
            n_reads = rules["n_reads"][group]
            if group >= first:
                run_row(code, rules["first"][group], constants, floats_at(values, n_reads), book, s)
                note_last(decider["true_at"][group - first], now, registers[0] == 1.0)
                note_last(decider["unknown_at"][group - first], now, not -INFINITE < registers[0] < INFINITE)
            values += 8 * n_reads


@compiled
def note_last(two: Record, now: int, is_so: bool) -> None:
    """Keep an evaluation as the last of two, where it is one of theirs."""
    if is_so:
        two[1] = two[0]
        two[0] = now


@compiled
def answer_by_rules(book: Record, s: int, step: int) -> None:
    """Follow what the rules of a symbol wish at the close of a step."""
    decider = book["deciders"][s]
    rules = record_at(decider["rules"], RULES)
    row, held = first_row(decider, rules, step), book["positions"][s]["side"]
    decider["next_row"] = row
    if row == rules["n_rows"] or integers_at(rules["steps"], rules["n_rows"])[row] != step:
        return
    kinds = codes_at(rules["kinds"], rules["n_rows"])[row]
    if kinds & matters_now(held, book["account"]["n_orders"] > 0) == 0:
        return
    registers = evaluated(book, s, rules, row)
    note_false(decider, rules, registers, book["account"]["ts_close"])
    if held == FLAT or not holds_on(book, s, registers, held):
        turn(book, s, registers, held)


@compiled
def turn(book: Record, s: int, registers: Floats, held: int) -> None:
    """Leave with all, or enter a side; where neither is wished, take back what waits."""
    decider, wish = book["deciders"][s], book["wish"][0]
    rules, side = record_at(decider["rules"], RULES), side_of(registers, held)
    decider["conflicts"] = decider["conflicts"] + (1 if side == CONFLICT else 0)
    is_idle = side in (NOTHING, CONFLICT)
    wish_for(wish, held if is_idle else side)
    action = IGNORE if is_idle else action_of(wish, held, book["terms"]["on_opposite_signal"])
    if action in (ENTER, REVERSE) and is_held_back(book, s, registers, side, rules["entering"][place_of(side)]):
        is_idle = action == ENTER
        action = IGNORE if is_idle else CLOSE_ALL
        wish_for(wish, held if is_idle else side)
    if action == IGNORE:
        wish_for(wish, held)
    elif side != FLAT:
        attach_entry(wish, registers, rules, side)
    withdraws = withdrawn(book, s, registers, side if action in (ENTER, REVERSE, CLOSE_ALL) else NOTHING)
    if withdraws != NO_ENTRY:
        wish["cancels"], wish["withdraws"] = 1, withdraws
    if action == IGNORE and withdraws != NO_ENTRY:
        follow(book, s, wish)
    elif not is_idle:
        follow_as(book, s, wish, action)


@compiled
def is_held_back(book: Record, s: int, registers: Floats, side: int, entering: Record) -> bool:
    """Whether a gate holds an entry of a side back, which is counted."""
    decider = book["deciders"][s]
    gate = closed_gate(entering, decider, registers, side, book["account"]["ts_close"])
    if gate == OPEN:
        return False
    decider["held_back"][place_of(side), gate] += 1
    return True


@compiled
def note_false(decider: Record, rules: Record, registers: Floats, ts_close: int) -> None:
    """Keep when the condition of an entry that has to be false between two was looked at, and was."""
    for p in range(2):
        if rules["entering"][p]["rearms"] and registers[ENTER_LONG + p] == 0.0:
            decider["false_ms"][p] = ts_close


@compiled
@compiled
def evaluated(book: Record, s: int, rules: Record, row: int) -> Floats:
    """The registers after the code of rules ran on one of their rows; outputs of which it says nothing are NaN."""
    registers = book["registers"]
    for register in range(OUTPUTS):
        registers[register] = NAN
    run_groups(book, s, rules, row)
    return registers


@compiled
def run_groups(book: Record, s: int, rules: Record, row: int) -> None:
    """Run the code of the groups of a row, those of conditions that are remembered apart."""
    code, constants = codes_at(rules["code"], 4 * rules["n_code"]), floats_at(rules["constants"], rules["n_constants"])
    kinds = codes_at(rules["kinds"], rules["n_rows"])[row]
    values = rules["values"] + 8 * integers_at(rules["starts"], rules["n_rows"])[row]
    for group in range(rules["n_groups"] - rules["n_memories"]):
        if kinds & (FIRST_GROUP << group):
            n_reads = rules["n_reads"][group]
            run_row(code, rules["first"][group], constants, floats_at(values, n_reads), book, s)
            values += 8 * n_reads


@compiled
def first_row(decider: Record, rules: Record, step: int) -> int:
    """The first row at a step or after it; the number of rows when there is none."""
    row, steps = decider["next_row"], integers_at(rules["steps"], rules["n_rows"])
    while row < rules["n_rows"] and steps[row] < step:
        row += 1
    return row


@compiled
def next_look(book: Record, s: int, i: int, k: int) -> int:
    """The first step from i on at whose close the rules of a symbol have to be looked at, as far as that is before k.

    That is where they could wish something as things stand, once all that they read is there; and at once where that
    has changed. Rows that are looked at ahead are passed over.
    """
    decider = book["deciders"][s]
    can_decide = is_ready(decider)
    if decider["readiness"] != (READY if can_decide else NOT_READY):
        return i
    if not can_decide:
        return NEVER
    rules = record_at(decider["rules"], RULES)
    row, n_rows = first_row(decider, rules, i), rules["n_rows"]
    steps, kinds = integers_at(rules["steps"], n_rows), codes_at(rules["kinds"], n_rows)
    now = matters_now(book["positions"][s]["side"], book["account"]["n_orders"] > 0)
    while row < n_rows and steps[row] < k and (kinds[row] & now == 0 or kinds[row] & LOOKED_AHEAD):
        row += 1
    return steps[row] if row < n_rows else NEVER


@compiled
def count_closes(book: Record, tape: Record, i: int, k: int) -> None:
    """Count the closes of steps i to k - 1, at which nobody was asked; of rules that were ready as decisions too."""
    for s in range(book["n_symbols"]):
        decider, deciding, count = book["deciders"][s], deciding_of(tape, s), 0
        for n in range(i, k):
            count += deciding[n]
        decider["closes"] = decider["closes"] + count
        if decider["rules"] != NO_RULES:
            ready = count if decider["readiness"] == READY else 0
            decider["decisions"] = decider["decisions"] + ready
            decider["evaluations"] = decider["evaluations"] + ready
            decider["next_row"] = first_row(decider, record_at(decider["rules"], RULES), k)
