"""The review after a run: each finding just beyond its limit, and just not."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from analysis_examples import DAY, HOUR, NO_COUNTERS, a_trade, moment, rows_of

import btcli.analysis.review as package
from btcli.analysis.deciding import Deciding
from btcli.analysis.metrics import MetricsFold
from btcli.analysis.review import SEVERITIES, Finding, ReviewInput, SpecsDay, review
from btcli.exchange.face.events import Event, Trade
from btcli.market.odd import OddRows

SPAN_DAYS = 100
OCTOBER = moment("2025-10-10T00:00")
GOOD = [1.0, -0.5] * 50  # 25 USDT net
GROWING = [100.0 + 0.25 * day + 0.01 * (day % 2) for day in range(1, SPAN_DAYS + 1)]  # to 125, a little at a time
EVEN = {path: {"final_equity_usdt": 125.0} for path in ("pessimistic", "adaptive", "optimistic")}
HALF_FLAT = [100.0] * 50 + [100.5 + day / 2 for day in range(50)]


def trades_of(results: Sequence[float], **first: Any) -> list[Trade]:
    """Trades of an hour with these results, numbered from 1; the first of them with other values."""
    trades = [a_trade(number, result) for number, result in enumerate(results, 1)]
    return [trades[0]._replace(**first), *trades[1:]] if first else trades


def seen(
    results: Sequence[float] = GOOD,
    curve: Sequence[float] = GROWING,
    *,
    trade: dict[str, Any] | None = None,
    stale: Sequence[int] = (),
    deciding: Deciding | None = None,
    counters: dict[str, Any] | None = None,
    **more: Any,
) -> ReviewInput:
    """A run from 100 USDT with these results and daily closes; `trade` is said of the first one."""
    fold = MetricsFold(100.0, 0)
    fold.trades(trades_of(results, **(trade or {})))
    fold.equity(DAY * np.arange(1, len(curve) + 1, dtype=np.int64), rows_of(curve))
    fold.events([Event(ts, "order_filled", "ETHUSDT", {"zero_volume": True}) for ts in stale])
    told = NO_COUNTERS._replace(**{"turnover_usdt": 1000.0, **(counters or {})})
    settles = more.pop("settles_funding", True)
    asked = deciding or Deciding(end_ms=SPAN_DAYS * DAY, first_ms={"BTCUSDT": HOUR})
    measured = fold.finished(told, {}, {}, asked, settles_funding=settles)
    return ReviewInput(**{"measured": measured, "parameters": 0, "paths": EVEN, "ltf_ms": HOUR, **more})


def ends(pessimistic: float, optimistic: float) -> dict[str, Any]:
    """Outcomes on the paths, from 100 USDT."""
    finals = {"pessimistic": pessimistic, "adaptive": optimistic, "optimistic": optimistic}
    return {path: {"final_equity_usdt": final} for path, final in finals.items()}


def since(first_ms: int | None) -> Deciding:
    """A run of which BTCUSDT could be decided for from a moment on."""
    return Deciding(end_ms=SPAN_DAYS * DAY, first_ms={"BTCUSDT": first_ms})


class Case(NamedTuple):
    """One finding: what just raises it, with its evidence, and what just does not."""

    code: str
    severity: str
    raising: dict[str, Any]
    found: float
    limit: float
    unit: str
    where: dict[str, Any]
    below: dict[str, Any]


BEST = {"trade_id": 51, "symbol": "BTCUSDT", "day": "1970-01-01"}
FIRST = {"trade_id": 1, "symbol": "BTCUSDT", "day": "1970-01-01"}
JUMP = OddRows("JUMP", "bar that moves", "bybit BTCUSDT trade 1m", "BTCUSDT", 3, DAY + HOUR)
HELD = {"entry_ts": OCTOBER - DAY, "exit_ts": OCTOBER + 1}
GONE = {"entry_ts": OCTOBER - DAY, "exit_ts": OCTOBER}
ADL = {"deviations": ["AUTO_DELEVERAGING"]}
CASES = [
    Case(
        "PROFIT_FROM_ONE_TRADE", "doubt", {"results": [1.0] * 50 + [60.0]}, 60 / 110 * 100, 50, "%", BEST,
        {"results": [1.0] * 50 + [50.0]},
    ),
    Case(
        "PROFIT_FROM_ONE_DAY", "doubt", {"curve": [101.0, 100.0, 113.0, 120.0]}, 65, 50, "%", {"day": "1970-01-03"},
        {"curve": [101.0, 100.0, 110.0, 120.0]},
    ),
    Case("FEW_TRADES", "doubt", {"results": [1.0] * 29}, 29, 30, "trades", {}, {"results": [1.0] * 30}),
    Case(
        "FEW_TRADES", "doubt", {"results": [1.0] * 49, "parameters": 5}, 49, 50, "trades", {},
        {"results": [1.0] * 50, "parameters": 5},
    ),
    Case("FEW_TRADES", "doubt", {"results": []}, 0, 30, "trades", {}, {"parameters": 10}),
    Case("PATHS_DISAGREE", "doubt", {"paths": ends(99.0, 125.0)}, -1, 0, "USDT", {}, {"paths": ends(100.0, 125.0)}),
    Case("PATHS_DISAGREE", "doubt", {"paths": ends(90.0, 100.5)}, -10, 0, "USDT", {}, {"paths": ends(90.0, 99.0)}),
    Case(
        "MANY_AMBIGUOUS", "doubt", {"counters": {"ambiguous_trades": 11}, "trade": {"ambiguous": True}}, 11, 10, "%",
        FIRST, {"counters": {"ambiguous_trades": 10}, "trade": {"ambiguous": True}},
    ),
    Case(
        "LIQUIDATED", "doubt", {"counters": {"liquidations": 1}, "trade": {"exit_reason": "liquidation"}}, 1, 0,
        "liquidations", FIRST, {"counters": {"liquidations": 0}},
    ),
    Case(
        "NEAR_LIQUIDATION", "warning",
        {"counters": {"nearest_liquidation_pct": 1.99}, "trade": {"liquidation_price": 80.0, "mae_usdt": 18.0}}, 1.99,
        2, "%", FIRST, {"counters": {"nearest_liquidation_pct": 2.0}},
    ),
    Case("SHARPE_CONTRADICTS", "doubt", {"curve": [200.0, 60.0]}, 0.15 / 1.445**0.5 * 365**0.5, 0, "ratio", {},
         {"curve": [200.0, 100.0]}),
    Case("SHARPE_CONTRADICTS", "doubt", {"curve": [200.0, 99.0]}, 0.2475 / 1.1325125**0.5 * 365**0.5, 0, "ratio", {},
         {"curve": [200.0, 101.0]}),
    Case("COST_DRAG", "warning", {"counters": {"fees_usdt": 16.0, "slippage_usdt": 10.0}}, 26 / 51 * 100, 50, "%", {},
         {"counters": {"fees_usdt": 15.0, "slippage_usdt": 10.0}}),
    Case("FUNDING_DRAG", "warning", {"counters": {"funding_paid_usdt": 12.0, "funding_received_usdt": 3.0}},
         9 / 34 * 100, 25, "%", {}, {"counters": {"funding_paid_usdt": 11.0, "funding_received_usdt": 3.0}}),
    Case("FRAGILE_PROFIT", "warning", {"counters": {"turnover_usdt": 62_500.0}}, 4, 5, "bps", {},
         {"counters": {"turnover_usdt": 50_000.0}}),
    Case("FLAT_EQUITY", "warning", {"curve": [100.0, *HALF_FLAT]}, 51 / 101 * 100, 50, "%", {"day": "1970-01-01"},
         {"curve": HALF_FLAT}),
    Case("LATE_DECISION", "warning", {"deciding": since(6 * DAY + HOUR)}, 6, 5, "%", {"day": "1970-01-07"},
         {"deciding": since(5 * DAY + HOUR)}),
    Case("LATE_DECISION", "warning", {"deciding": since(None)}, 100, 5, "%", {"symbol": "BTCUSDT"},
         {"deciding": since(HOUR)}),
    Case("RULE_NEVER_FIRED", "warning", {"silent": ["strategy.rules.short.enter"]}, 0, 1, "signals", {},
         {"silent": []}),
    Case("FILLS_WITHOUT_VOLUME", "warning", {"stale": [DAY, 5 * DAY]}, 2, 0, "fills",
         {"symbol": "ETHUSDT", "day": "1970-01-02"}, {"stale": []}),
    Case("DATA_WARNING", "warning", {"data": [JUMP]}, 3, 0, "rows", {"symbol": "BTCUSDT", "day": "1970-01-02"},
         {"data": []}),
    Case("AUTO_DELEVERAGING", "warning", {**ADL, "trade": HELD}, 1, 0, "days", {**FIRST, "day": "2025-10-10"}, {}),
    Case("AUTO_DELEVERAGING", "note", {**ADL, "trade": GONE}, 1, 0, "days", {"day": "2025-10-10"},
         {"deviations": ["PRICE_LIMITS"]}),
    Case("SPECS_OF_ANOTHER_TIME", "note", {"specs": [SpecsDay("A", "2026-08-05", 1)]}, 1, 0, "days",
         {"symbol": "A", "day": "2026-08-05"}, {"specs": [SpecsDay("A", "2026-08-05", 0)]}),
    Case("SPECS_OF_ANOTHER_TIME", "note", {"specs": [SpecsDay("A", "2024-01", 3), SpecsDay("B", "2023-01", -4)]}, 4, 0,
         "days", {"symbol": "B"}, {"specs": []}),
    Case("ANNUALISED_FROM_DAYS", "note", {"curve": GROWING[:89]}, 89, 90, "days", {}, {"curve": GROWING[:90]}),
]  # fmt: skip


def of_code(code: str, changes: dict[str, Any]) -> list[Finding]:
    """The findings of one code."""
    return [finding for finding in review(seen(**changes)) if finding.code == code]


def test_nothing_to_find() -> None:
    """A hundred even trades over a hundred growing days raise no doubt."""
    assert review(seen()) == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_a_finding_just_beyond_its_limit(case: Case) -> None:
    """It has its severity, the number found, the limit in the same unit, and where to look."""
    (finding,) = of_code(case.code, case.raising)
    assert finding.found == pytest.approx(case.found)
    told = finding.to_dict()
    assert (told["severity"], told["limit"], told["unit"]) == (case.severity, case.limit, case.unit)
    assert told["where"] == case.where


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_just_no_finding(case: Case) -> None:
    """On the limit, or on its other side, nothing is said."""
    assert of_code(case.code, case.below) == []


def test_every_finding_has_a_case() -> None:
    """None is added to the review without its two sides."""
    sources = Path(package.__file__).parent.glob("*.py")
    written = {code for source in sources for code in re.findall(r'Finding\("([A-Z_]+)"', source.read_text())}
    assert written == {case.code for case in CASES}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"results": [1.0] * 50 + [60.0]}, "trade 51 alone made 55 % of the net profit"),
        ({"results": []}, "0 trades are few: from 30 on they say more"),
        ({"results": [1.0], "parameters": 4}, "1 trade is few for 4 parameters: from 40 on they say more"),
        (
            {"paths": ends(99.0, 125.0)},
            "paths end in gain and loss: +25.00 USDT adaptive, -1.00 pessimistic",
        ),
        ({"counters": {"liquidations": 2}}, "the venue took positions over 2 times"),
        ({"curve": [200.0, 60.0]}, "Sharpe is +2.38, yet the account lost 40 %: it does not compound"),
        ({"curve": [100.0, *HALF_FLAT]}, "equity did not move for 51 of 101 days in a row, from 1970-01-01 on"),
        ({"deciding": since(None)}, "no decision was possible for BTCUSDT"),
        (
            {"data": [JUMP, JUMP._replace(rows=2)]},
            "bybit BTCUSDT trade 1m and 1 more: 5 x bar that moves",
        ),
        ({"specs": [SpecsDay("A", "2026-08-05", 1)]}, "the specs of A are of 2026-08-05, 1 day after the window"),
        ({"curve": GROWING[:25]}, "CAGR and ratios are a year's from 25 days: Sharpe is uncertain by 3.8"),
    ],
)
def test_a_finding_says_its_numbers(changes: dict[str, Any], said: str) -> None:
    """In one sentence, with the words for one and for many."""
    assert [finding.message for finding in review(seen(**changes)) if finding.message.startswith(said)]


def test_the_gravest_come_first_and_the_rest_in_one_order() -> None:
    """Doubts, then warnings, then notes."""
    found = review(seen([], [100.0, 100.0], stale=[0], paths=ends(99.0, 101.0)))
    assert [(finding.code, finding.severity) for finding in found] == [
        ("FEW_TRADES", "doubt"),
        ("PATHS_DISAGREE", "doubt"),
        ("FLAT_EQUITY", "warning"),
        ("FILLS_WITHOUT_VOLUME", "warning"),
        ("ANNUALISED_FROM_DAYS", "note"),
    ]
    assert SEVERITIES == ("doubt", "warning", "note")


@pytest.mark.parametrize(
    ("hours", "said"),
    [([6, 12], []), ([6, 30], ["CAGR and ratios are a year's from 1.25 days: Sharpe is uncertain by 17.1"])],
)
def test_figures_that_do_not_exist_are_not_doubted(hours: list[int], said: list[str]) -> None:
    """Within one day nothing is annualised, and a first day on which nothing moved is no long stretch."""
    fold = MetricsFold(100.0, 0)
    fold.trades(trades_of(GOOD))
    fold.equity(HOUR * np.array(hours, np.int64), rows_of([100.0] * len(hours)))
    measured = fold.finished(NO_COUNTERS, {})
    assert [each.message for each in review(ReviewInput(measured, 0, EVEN)) if each.code != "FLAT_EQUITY"] == said
    assert [each.code for each in review(ReviewInput(measured, 0, EVEN)) if each.code == "FLAT_EQUITY"] == (
        ["FLAT_EQUITY"] if len(measured.equity.daily) > 1 else []
    )


def test_two_days_that_are_less_than_one_are_annualised_too() -> None:
    """A run over midnight has a Sharpe ratio, though no CAGR."""
    fold = MetricsFold(100.0, 12 * HOUR)
    fold.trades(trades_of(GOOD))
    fold.equity(HOUR * np.array([24, 30], np.int64), rows_of([101.0, 104.0]))
    found = {each.code: each for each in review(ReviewInput(fold.finished(NO_COUNTERS, {}), 0, EVEN))}
    assert found["ANNUALISED_FROM_DAYS"].found == 0.75
    assert "from 0.75 days" in found["ANNUALISED_FROM_DAYS"].message


def test_a_loss_is_not_blamed_on_its_best_trade_day_or_costs() -> None:
    """Without a profit there is none that one trade or day could have made, or that slippage could take."""
    losing = seen([-2.0, 1.0] * 50, [100.0 - day / 10 for day in range(1, 101)], counters={"turnover_usdt": 1e9})
    assert review(losing) == ()


@pytest.mark.parametrize("net", [5e-324, 1e-300, 1e300])
def test_numbers_stay_finite(net: float) -> None:
    """A share of next to nothing is a large number, never infinity: an artifact holds none."""
    found = review(
        seen([1.0, net - 1.0, net], [100.0, 100.0 + net], counters={"fees_usdt": 1e308, "turnover_usdt": 1e308})
    )
    assert all(math.isfinite(finding.found) for finding in found)


def test_outcomes_that_are_withheld_are_not_compared() -> None:
    """Where the paths stand for their reason there is no sign to change."""
    assert review(seen(paths={"withheld": "it answered otherwise"})) == ()


def test_funding_that_was_left_out_drags_nothing() -> None:
    """It stands in no figure, so it is no share of the profit."""
    assert review(seen(settles_funding=False, counters={"funding_paid_usdt": 1000.0})) == ()
