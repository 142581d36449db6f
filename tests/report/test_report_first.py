"""The first screen: what the review says, what came out, and how sure that is."""

from __future__ import annotations

from typing import Any

import pytest
from page_reading import pairs_of, rows_of, said_in
from recorded_values import CONFIG, MANIFEST, METRICS
from report_contents import content

from btcli.report.sections.first import findings, heading, key_figures, paths

DOUBT = {
    "code": "FEW_TRADES",
    "severity": "doubt",
    "message": "7 trades are few",
    "found": 7,
    "limit": 30,
    "unit": "trades",
    "where": {"trade_id": 3, "symbol": "BTCUSDT", "day": "2024-01-02"},
}
NOTE = {**DOUBT, "code": "LATE", "severity": "note", "message": "a note", "unit": "", "found": 0.123, "where": {}}


def metrics(**changes: Any) -> dict[str, Any]:
    return {**METRICS, **changes}


def test_a_run_is_named_by_what_it_tested() -> None:
    """Name, window, symbols, timeframes, strategy with its parameters, and its id."""
    said = heading(content())
    assert said_in(said, "h1") == ["system / window"]
    assert said_in(said, "li") == [
        "2024-01-01 00:00 to 2024-01-01 00:10 UTC",
        "bybit BTCUSDT",
        "exec 5m ltf 5m mtf 5m htf 5m",
        "mtf_trend (length 9)",
        "run 0123456789ab",
    ]


def test_of_many_symbols_the_first_are_named() -> None:
    """Five symbols: three names and how many more."""
    config = {**CONFIG, "symbols": ["A1USDT", "B1USDT", "C1USDT", "D1USDT", "E1USDT"], "strategy": {"rules": {}}}
    manifest = {**MANIFEST, "inputs": {**MANIFEST["inputs"], "config": config}}
    said = said_in(heading(content(manifest=manifest)), "li")
    assert said[1] == "bybit A1USDT B1USDT C1USDT and 2 more"
    assert said[3] == "rules"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("LIQUIDATED", "Ended early: the position was liquidated (risk.on_liquidation: stop)"),
        ("OF_ANOTHER_VERSION", "Ended early: OF_ANOTHER_VERSION"),
    ],
)
def test_an_early_end_stands_at_the_top(status: str, said: str) -> None:
    """A run that the account ended says so before any figure."""
    assert said_in(heading(content(metrics=metrics(status=status))), "strong") == [said]


def test_what_the_page_lacks_stands_at_the_top() -> None:
    """The reasons that were handed over, and nothing of an early end."""
    said = said_in(heading(content(left_out=("no candles: the store is gone",))), "p")
    assert said == ["no candles: the store is gone"]


def test_findings_stand_by_their_weight() -> None:
    """A doubt comes before a note that metrics.json names first, with its evidence and a way to the trade."""
    said = findings(content(findings=(NOTE, DOUBT)))
    assert said_in(said, "p") == ["The review has 1 doubt, 1 note."]
    first, second = said_in(said, "li")
    assert first == ("doubt7 trades are fewFEW_TRADES 7 against 30 trades · symbol BTCUSDT · day 2024-01-02trade 3")
    assert second == "notea noteLATE 0.12 against 30"
    assert 'data-trade="3"' in said


def test_a_review_without_a_finding_says_so() -> None:
    """Nothing to doubt is not the same as not having looked."""
    assert said_in(findings(content(findings=())), "p") == ["The review found nothing to doubt."]


def test_a_run_of_old_says_that_it_was_not_reviewed() -> None:
    """Its metrics have no findings: the page does not take that for a good result."""
    (said,) = said_in(findings(content()), "p")
    assert said.startswith("This run was recorded before runs were reviewed.")


@pytest.mark.parametrize("reviewed", [(), None])
def test_what_the_simulation_leaves_out_is_told_with_the_findings(reviewed: tuple[()] | None) -> None:
    """A code with its sentence, one of another version as it is; also of a run that was not reviewed."""
    said = findings(content(findings=reviewed, metrics=metrics(deviations=["BINANCE_REDUCTION", "NEWER"])))
    assert said_in(said, "li") == [
        "Binance reduces a position before it takes it over BINANCE_REDUCTION",
        "NEWER NEWER",
    ]


def test_figures_are_those_of_the_metrics_and_absent_ones_say_why() -> None:
    """A null stands with its reason, never as 0."""
    known = metrics(return_pct=-12.345, net_profit_usdt=-123.45, trades=1200, calmar=None)
    cards = pairs_of(key_figures(content(metrics=known)))
    assert cards == {
        "Return": "-12.35 %",
        "Net profit, USDT": "-123.45",
        "Buy and hold": "+2.50 %",
        "CAGR": "– the run covers less than a day",
        "Sharpe": "– fewer than two daily returns",
        "Sortino": "– fewer than two daily returns",
        "Calmar": "– the run covers less than a day",
        "Max drawdown": "0.00 %",
        "Trades": "1,200",
        "Won": "– there are no trades",
        "Profit factor": "– there are no trades",
        "Costs, USDT": "0.00 fees, spread, impact, funding",
        "In the market": "0.00 %",
    }


def test_a_figure_that_an_old_run_does_not_have_says_so() -> None:
    """The value is absent, not null, and has no reason of its own."""
    known = {key: value for key, value in METRICS.items() if key not in ("cagr_pct", "null_reasons")}
    said = pairs_of(key_figures(content(metrics=known)))
    assert said["CAGR"] == "– not recorded by the version that made this run"


def test_costs_are_fees_slippage_impact_and_funding() -> None:
    """10 of fees, 4 of slippage, 1 of impact, 3 paid and 1 received: 17. Funding that was left out is said."""
    known = metrics(
        fees_usdt=10.0, slippage_usdt=4.0, impact_usdt=1.0, funding_paid_usdt=3.0, funding_received_usdt=1.0
    )
    assert pairs_of(key_figures(content(metrics=known)))["Costs, USDT"].startswith("17.00 ")
    left_out = {**known, "funding_paid_usdt": None, "funding_received_usdt": None}
    assert pairs_of(key_figures(content(metrics=left_out)))["Costs, USDT"] == "15.00 funding left out"


def test_of_several_symbols_buy_and_hold_is_the_mean_of_those_that_have_one() -> None:
    """10 and -4 percent, and one without a bar: 3 percent over two symbols."""
    held = metrics(buy_and_hold_pct={"A1USDT": 10.0, "B1USDT": -4.0, "C1USDT": None})
    assert pairs_of(key_figures(content(metrics=held)))["Buy and hold"] == "+3.00 % mean of 2 symbols"


def test_the_outcomes_of_three_paths_stand_side_by_side() -> None:
    """Each with what it comes to; the one that the run took is named."""
    outcomes = {
        "pessimistic": {"status": "LIQUIDATED", "final_equity_usdt": 900.5, "max_drawdown_pct": 12.0, "trades": 3},
        "optimistic": {"status": "END_OF_DATA", "final_equity_usdt": 1100.0, "max_drawdown_pct": None, "trades": 4},
    }
    rows = rows_of(paths(content(metrics=metrics(paths=outcomes, trades=4, ambiguous_trades=1))))
    assert rows[1:] == [
        [
            "the worst first (pessimistic, this run)",
            "900.50",
            "-99.50",
            "12.00 %",
            "3",
            "the position was liquidated (risk.on_liquidation: stop)",
        ],
        ["the best first (optimistic)", "1,100.00", "+100.00", "–", "4", "the window came to its end"],
    ]


def test_outcomes_that_were_withheld_say_why() -> None:
    """Instead of a table with one row."""
    said = paths(content(metrics=metrics(paths={"withheld": "the strategy is <random>"})))
    assert said_in(said, "p") == ["Withheld: the strategy is <random>"]
    assert rows_of(said) == []
