"""Hand-computed cases of the rulebook: small markets whose outcome was worked out on paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from exchange_answers import Case, all_cases, moment
from exchange_scenarios import Outcome, run

from btcli.exchange.face.events import EQUITY_COLUMNS, Event, Trade

CASES = all_cases()
MONEY = 2e-8  # USDT; figures are written to the eighth decimal


@pytest.mark.parametrize("case", CASES, ids=[f"{case.topic}-{case.name.replace(' ', '_')}" for case in CASES])
def test_the_exchange_gives_what_was_worked_out_by_hand(case: Case) -> None:
    """Trades, told events, refusals, final cash and status of each case are those of the paper."""
    outcome = run(case.scenario)
    problems = [*_trades(case, outcome), *_events(case, outcome), *_account(case, outcome)]
    assert not problems, "\n".join([case.says, *problems])


def test_every_case_has_a_name_of_its_own() -> None:
    """No two cases of one topic share a name, and none of the hundreds gets lost."""
    names = [(case.topic, case.name) for case in CASES]
    assert len(set(names)) == len(names) >= 600


def _near(got: Any, expected: Any) -> bool:
    if isinstance(expected, float | int) and not isinstance(expected, bool) and isinstance(got, float | int):
        return abs(got - expected) <= MONEY
    return bool(got == expected)


def _trades(case: Case, outcome: Outcome) -> list[str]:
    expected = [_as_trade(case, one) for one in case.expected.get("trades", ())]
    got = [_told(trade) for trade in outcome.trades]
    if len(got) != len(expected):
        return [f"expected {len(expected)} trades, got {got}"]
    return [
        f"trade {n} {key}: expected {want}, got {have[key]}"
        for n, (have, wanted) in enumerate(zip(got, expected, strict=True), 1)
        for key, want in wanted.items()
        if not _near(have[key], want)
    ]


def _as_trade(case: Case, one: Mapping[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in one.items() if key not in ("in", "out")}
    return (
        {"funding": 0.0, "ambiguous": False}
        | rest
        | {
            "entry_ts": moment(one["in"][0], case.scenario),
            "entry_price": one["in"][1],
            "exit_ts": moment(one["out"][0], case.scenario),
            "exit_price": one["out"][1],
        }
    )


def _told(trade: Trade) -> dict[str, Any]:
    told = trade._asdict()
    short = {"reason": "exit_reason", "gross": "gross_pnl_usdt", "fees": "fees_usdt", "net": "net_pnl_usdt"}
    return told | {name: told[long] for name, long in short.items()} | {"funding": told["funding_usdt"]}


def _events(case: Case, outcome: Outcome) -> list[str]:
    problems, left = [], list(outcome.events)
    for wanted in case.expected.get("events", ()):
        place = next((n for n, event in enumerate(left) if _matches(case, event, wanted)), None)
        if place is None:
            same = [event for event in outcome.events if event.name == wanted["name"]]
            problems.append(f"no event (in order) like {dict(wanted)} among {same}")
        else:
            left = left[place + 1 :]
    told = Counter(event.name for event in outcome.events)
    wanted = case.expected.get("counts", {}) | dict.fromkeys(case.expected.get("never", ()), 0)
    return problems + [f"{told[name]} events {name}, expected {n}" for name, n in wanted.items() if told[name] != n]


def _matches(case: Case, event: Event, wanted: Mapping[str, Any]) -> bool:
    fields = event.fields | {"name": event.name, "symbol": event.symbol}
    for key, want in wanted.items():
        if key == "at":
            same = event.ts == moment(want, case.scenario)
        elif key == "funding_at":
            same = fields["funding_ts"] == case.scenario.start_ms + round(want * case.scenario.step_ms)
        elif key == "numbers":
            have = sorted((fields.get("have", 0.0), fields.get("need", 0.0)))
            same = all(_near(one, two) for one, two in zip(have, sorted(want), strict=True))
        elif key == "held":  # the level and what it was held against, in this order
            same = all(_near(fields.get(name), number) for name, number in zip(("have", "need"), want, strict=True))
        elif want is False or want is None:
            same = not fields.get(key)
        else:
            same = _near(fields.get(key), want)
        if not same:
            return False
    return True


def _account(case: Case, outcome: Outcome) -> list[str]:
    expected = case.expected
    problems = []
    if not _near(outcome.cash, expected["final"]):
        problems.append(f"final cash: expected {expected['final']}, got {outcome.cash!r}")
    if outcome.status != expected.get("status", "END_OF_DATA"):
        problems.append(f"status: expected {expected.get('status', 'END_OF_DATA')}, got {outcome.status}")
    if "refusals" in expected and outcome.counters.refusals != expected["refusals"]:
        problems.append(f"refusals: expected {expected['refusals']}, got {outcome.counters.refusals}")
    steps = {-1: expected.get("row", {})} | expected.get("rows", {})
    rows = {step: dict(zip(EQUITY_COLUMNS, outcome.rows[step].tolist(), strict=True)) for step in steps}
    return problems + [
        f"row {step} {name}: expected {want}, got {rows[step][name]}"
        for step, wanted in steps.items()
        for name, want in wanted.items()
        if not _near(rows[step][name], want)
    ]
