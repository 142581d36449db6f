"""What rules attach to an entry: how it waits, its bracket, the parts of its exits, where its target lies by age."""

from __future__ import annotations

from btcli.exchange.book.codes import LIMIT, RISK_PCT, STOP_LIMIT, STOP_MARKET
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import is_given
from btcli.exchange.book.records import Floats, Record
from btcli.exchange.formulas.choosing import (
    AGED_TARGET,
    BREAK_EVEN_LONG,
    LIMIT_LONG,
    PART_AT,
    PART_OF_LONG,
    PART_PRICE,
    PART_STOP,
    PART_STOP_PRICE,
    PART_TRAIL,
    PART_TRAIL_FROM,
    SIZE_LONG,
    STOP_LONG,
    STOP_PRICE_LONG,
    TARGET_LONG,
    TARGET_PRICE_LONG,
    TRAIL_FROM_LONG,
    TRAIL_LONG,
    TRIGGER_LONG,
    level_of,
    place_of,
)
from btcli.exchange.machine.compiled import compiled


@compiled
def attach_entry(wish: Record, registers: Floats, rules: Record, side: int) -> None:
    """Let a wish for a side at the market be the entry of its rules."""
    attach_bracket(wish, registers, rules, side)
    attach_type(wish["order"], registers, side)
    attach_size(wish["order"], registers, rules, side)
    lifetime_ms = rules["entering"][place_of(side)]["expires_after_ms"]
    if lifetime_ms > 0:
        wish["order"]["expires_after_ms"] = wish["expires_after_ms"] = lifetime_ms


@compiled
def attach_add(wish: Record, registers: Floats, rules: Record, side: int, sizing: int) -> None:
    """Let a wish for the held side at the market add an entry's size; `sizing` is the run's mode of it."""
    wish["adds"] = 1
    attach_size(wish["order"], registers, rules, side)
    own = wish["order"]["sizing"]
    if (own if own >= 0 else sizing) == RISK_PCT:
        attach_stops(wish["order"], registers, side)


@compiled
def attach_size(order: Record, registers: Floats, rules: Record, side: int) -> None:
    """Give an entry the size of its rules, where they have one."""
    sizing = rules["entering"][place_of(side)]["sizing"]
    if sizing >= 0:
        order["sizing"] = sizing
        order["sizing_value"] = level_of(registers, SIZE_LONG, side)


@compiled
def attach_type(order: Record, registers: Floats, side: int) -> None:
    """Let an entry wait for the limit or the trigger of its rules, where they have one."""
    limit, trigger = level_of(registers, LIMIT_LONG, side), level_of(registers, TRIGGER_LONG, side)
    order["price"], order["trigger_price"] = limit, trigger
    if is_given(limit):
        order["type"] = STOP_LIMIT if is_given(trigger) else LIMIT
    elif is_given(trigger):
        order["type"] = STOP_MARKET


@compiled
def attach_stops(order: Record, registers: Floats, side: int) -> None:
    """Give an entry the stop of its rules and how far behind the price it follows: what it may be sized by."""
    order["stop_distance"] = level_of(registers, STOP_LONG, side)
    order["stop_price"] = level_of(registers, STOP_PRICE_LONG, side)
    order["trail_distance"] = level_of(registers, TRAIL_LONG, side)
    order["trail_activation"] = level_of(registers, TRAIL_FROM_LONG, side)


@compiled
def attach_bracket(wish: Record, registers: Floats, rules: Record, side: int) -> None:
    """Give an entry its stops, the parts of its exits, and one target for all that they leave."""
    order, holding = wish["order"], rules["holding"][place_of(side)]
    attach_stops(order, registers, side)
    order["break_even_distance"] = level_of(registers, BREAK_EVEN_LONG, side)
    place = holding["n_parts"]
    if place > 0:
        attach_parts(wish, registers, holding, side)
    if place < MAX_TARGETS:
        attach_target(order, registers, holding, side)
    if holding["follows"]:
        order["target_ids"] = max(order["target_ids"], 1)


@compiled
def attach_target(order: Record, registers: Floats, holding: Record, side: int) -> None:
    """Give an entry its target for all that the parts leave, and where it lies by age."""
    place = holding["n_parts"]
    order["target_distance"][place] = level_of(registers, TARGET_LONG, side)
    order["target_price"][place] = level_of(registers, TARGET_PRICE_LONG, side)
    attach_ages(order, registers, holding, side)
    has_target = is_given(order["target_distance"][place]) or is_given(order["target_price"][place])
    if place == 0 and (has_target or order["n_ages"] > 0):
        order["target_share"][0] = 1.0


@compiled
def attach_parts(wish: Record, registers: Floats, holding: Record, side: int) -> None:
    """Give an entry the parts that its exits are made of, each with what it makes of the stop of the rest."""
    order = wish["order"]
    order["n_parts"] = wish["n_targets"] = holding["n_parts"]
    for k in range(holding["n_parts"]):
        of_part = PART_OF_LONG * k
        order["target_share"][k] = wish["target_share"][k] = holding["shares"][k]
        order["target_distance"][k] = level_of(registers, PART_AT + of_part, side)
        order["target_price"][k] = level_of(registers, PART_PRICE + of_part, side)
        order["then_stop_distance"][k] = level_of(registers, PART_STOP + of_part, side)
        order["then_stop_price"][k] = level_of(registers, PART_STOP_PRICE + of_part, side)
        order["then_trail_distance"][k] = level_of(registers, PART_TRAIL + of_part, side)
        order["then_trail_activation"][k] = level_of(registers, PART_TRAIL_FROM + of_part, side)


@compiled
def attach_ages(order: Record, registers: Floats, holding: Record, side: int) -> None:
    """Give an entry the distances of its target by age; that of age 0 is the one it begins with."""
    place = holding["n_parts"]
    for n in range(holding["n_ages"]):
        distance = level_of(registers, AGED_TARGET + PART_OF_LONG * n, side)
        if holding["ages"][n] == 0:
            order["target_distance"][place] = distance
        else:
            order["ages"][order["n_ages"]] = holding["ages"][n]
            order["age_distances"][order["n_ages"]] = distance
            order["n_ages"] = order["n_ages"] + 1
    if holding["n_ages"] > 0:
        order["target_ids"] = place + 1
