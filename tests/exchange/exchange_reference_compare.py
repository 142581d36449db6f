"""Lays what the exchange tells beside what the second reading tells, fact by fact."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from exchange_reference import reference
from exchange_reference_values import Fact
from exchange_reference_world import World
from exchange_scenarios import Outcome, Scenario, run

from btcli.exchange.face.events import EQUITY_COLUMNS, Event

ROWS = ("equity_usdt", "cash_usdt", "used_margin_usdt", "free_margin_usdt", "maintenance_margin_usdt")
SIDES = {"buy": 1, "sell": -1, "long": 1, "short": -1}
# Which order ends when its trade, its symbol or the run does is no decision of the page, nor how it is called.
CODES_LEFT_OUT = {"POSITION_CLOSED", "REDUCE_ONLY_NOTHING_TO_REDUCE", "SIBLING_FILLED", "RUN_STOPPED", "LIQUIDATED"}
CODES_LEFT_OUT |= {"DELISTED", "PARTICIPATION"}
FIELDS = {
    "order_filled": ("fill", ("order_id", "side", "qty", "price", "fee_usdt", "cash_usdt")),
    "order_submitted": ("submitted", ("order_id", "side", "qty")),
    "order_rejected": ("rejected", ("order_id", "code", "have", "need")),
    "order_cancelled": ("cancelled", ("order_id", "code")),
    "order_triggered": ("triggered", ("order_id",)),
    "funding_settled": ("funding", ("payment_usdt", "cash_usdt", "opened_at_settlement", "liquidation_price")),
    "liquidated": ("liquidated", ("qty", "price", "fee_usdt", "cash_usdt")),
    "stop_moved": ("stop_moved", ("stop_price",)),
    "margin_added": ("margin", ("amount_usdt",)),
    "insurance_covered": ("insured", ("amount_usdt",)),
    "position_opened": ("opened", ("side", "qty", "entry_price", "liquidation_price", "stop_price")),
    "warned": ("warned", ("order_id", "stop_price", "liquidation_price", "moved_to")),
}
APART = ("opened", "warned", "share")  # kinds whose place among the other events is no decision of the page
ABSENT = {"opened_at_settlement": False, "liquidation_price": 0.0, "moved_to": 0.0, "stop_price": "none"}


def differences(scenario: Scenario, *, only_when_flat: bool = False, ambiguous: bool = True) -> list[str]:
    """Where both readings differ, first things first; nothing when they agree."""
    scenario = with_bars_only(scenario)
    outcome = run(scenario, only_when_flat=only_when_flat)
    second = reference(scenario, only_when_flat=only_when_flat)
    return [
        *_of_facts(outcome, second),
        *_of_trades(outcome, second, ambiguous=ambiguous),
        *_of_rows(outcome, second),
        *_of_account(outcome, second),
    ]


def with_bars_only(scenario: Scenario) -> Scenario:
    """The scenario without the decisions of symbols that have no bar at their step: nobody can take them."""
    seen = scenario.has_bar
    if seen is None:
        return scenario
    left = {step: [one for one in many if seen[one.symbol][step]] for step, many in scenario.decisions.items()}
    return scenario._replace(decisions={step: many for step, many in left.items() if many})


def same(one: Any, two: Any) -> bool:
    """Whether two values are equal, numbers up to what another order of additions may change."""
    if all(isinstance(each, int | float) for each in (one, two)):
        return math.isclose(one, two, rel_tol=1e-9, abs_tol=2e-8)
    return bool(one == two)


def _all_same(one: Sequence[Any], two: Sequence[Any]) -> bool:
    """Whether two rows are equal where the second says something."""
    return len(one) == len(two) and all(b is None or same(a, b) for a, b in zip(one, two, strict=True))


def _fact(event: Event) -> Fact | None:
    if event.name in ("entries_disabled", "entries_enabled"):
        return Fact(event.ts, "disabled", "", (event.fields["code"] if event.name == "entries_disabled" else "",))
    if event.name not in FIELDS or (event.name == "order_submitted" and "exit_reason" in event.fields):
        return None
    is_share = event.fields.get("code") == "SHARE_BELOW_STEP"
    kind, names = ("share", ("order_id", "have", "need")) if is_share else FIELDS[event.name]
    values = [(event.fields.get(name), ABSENT.get(name)) for name in names]
    said = tuple(absent if value is None else SIDES.get(value, value) for value, absent in values)
    return Fact(event.ts, kind, "" if kind == "insured" else event.symbol or "", said)


def _is_told_by_both(fact: Fact, closing: set[int]) -> bool:
    """Whether a fact is one that the page decides."""
    if fact.kind in ("cancelled", "triggered") and fact.said[0] in closing:
        return False
    if fact.kind in ("insured", "margin"):
        return float(str(fact.said[0])) > 1e-9
    return not (fact.kind == "cancelled" and fact.said[1] in CODES_LEFT_OUT)


def _of_facts(outcome: Outcome, second: World) -> list[str]:
    submitted = [event.fields for event in outcome.events if event.name == "order_submitted"]
    closing = {fields["order_id"] for fields in submitted if "exit_reason" in fields}
    told = [fact for event in outcome.events if (fact := _fact(event))]
    one = [fact for fact in told if _is_told_by_both(fact, closing)]
    two = [fact for fact in second.facts if _is_told_by_both(fact, closing)]
    problems = _in_line(
        [fact for fact in one if fact.kind not in APART], [fact for fact in two if fact.kind not in APART]
    )
    for kind in APART:
        problems += _in_line([fact for fact in one if fact.kind == kind], [fact for fact in two if fact.kind == kind])
    return problems


def _in_line(one: list[Fact], two: list[Fact]) -> list[str]:
    """The first place at which two rows of facts part."""
    for a, b in zip(one, two, strict=False):
        if a[:3] != b[:3] or not _all_same(a.said, b.said):
            return [f"exchange  {tuple(a)}\nreference {tuple(b)}"]
    return [] if len(one) == len(two) else [f"{len(one)} facts against {len(two)}: {one[len(two) :]} {two[len(one) :]}"]


def _of_trades(outcome: Outcome, second: World, *, ambiguous: bool) -> list[str]:
    problems = []
    width = None if ambiguous else -1
    for n, (trade, ended) in enumerate(zip(outcome.trades, second.trades, strict=False)):
        ends = (trade.symbol, SIDES[trade.side], trade.entry_ts, trade.exit_ts, trade.exit_reason)
        sums = (trade.gross_pnl_usdt, trade.fees_usdt, trade.funding_usdt, trade.ambiguous)
        if not _all_same((*ends, *sums)[:width], tuple(ended)[:width]):
            problems.append(f"trade {n + 1}: exchange {(*ends, *sums)}\n       reference {tuple(ended)}")
    if len(outcome.trades) != len(second.trades):
        problems.append(f"{len(outcome.trades)} trades against {len(second.trades)}")
    return problems


def _of_rows(outcome: Outcome, second: World) -> list[str]:
    columns = [EQUITY_COLUMNS.index(name) for name in ROWS]
    for n, (row, other) in enumerate(zip(outcome.rows.tolist(), second.rows, strict=False)):
        one = [row[column] for column in columns]
        if not all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6) for a, b in zip(one, other, strict=True)):
            return [f"row {n}: exchange {one}\n       reference {other}"]
    return [] if len(outcome.rows) == len(second.rows) else [f"{len(outcome.rows)} rows against {len(second.rows)}"]


def _of_account(outcome: Outcome, second: World) -> list[str]:
    problems = []
    if not math.isclose(outcome.cash, second.cash, rel_tol=1e-9, abs_tol=1e-6):
        problems.append(f"cash {outcome.cash} against {second.cash}")
    if outcome.status != second.status:
        problems.append(f"status {outcome.status} against {second.status}")
    if outcome.counters.refusals != dict(sorted(second.refusals.items())):
        problems.append(f"refusals {outcome.counters.refusals} against {dict(second.refusals)}")
    return problems
