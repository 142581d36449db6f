"""Returns, drawdowns, groups, costs, the funnel, settings and origin of a run."""

from __future__ import annotations

from typing import Any

from page_reading import pairs_of, rows_of, said_in
from recorded_values import DAY, MANIFEST, METRICS, curve_of, trades_of
from report_contents import content

from btcli.analysis import definitions as define
from btcli.report.content import RunContent, Setting
from btcli.report.sections.costs import costs
from btcli.report.sections.exposure import exposure
from btcli.report.sections.falls import falls
from btcli.report.sections.funnel import funnel
from btcli.report.sections.groups import groups
from btcli.report.sections.origin import origin
from btcli.report.sections.pictures import pictures
from btcli.report.sections.returns import returns
from btcli.report.sections.settings import settings


def with_window(end: str, **metrics: Any) -> RunContent:
    """A run from 2024-01-01 to `end` with some other metrics."""
    inputs = {**MANIFEST["inputs"], "window": {"start": "2024-01-01T00:00:00.000Z", "end": f"{end}T00:00:00.000Z"}}
    return content(manifest={**MANIFEST, "inputs": inputs}, metrics={**METRICS, **metrics})


def three_days(**metrics: Any) -> RunContent:
    """Daily closes 1100, 1045, 1045 from 1000: +10, -5 and 0 percent."""
    sharpe = define.sharpe([0.1, -0.05, 0.0])
    known = {"days": 3.0, "final_equity_usdt": 1045.0, "sharpe": sharpe, "monthly_returns_pct": {"2024-01": 4.5}}
    run = with_window("2024-01-04", **known, **metrics)
    curve = curve_of([(DAY // 2, 1200.0, 0.0), (DAY, 1100.0, 8.25), (2 * DAY, 1045.0, 12.5), (3 * DAY, 1045.0, 12.5)])
    return content(manifest=run.manifest, metrics=run.metrics, equity=curve)


def test_a_calendar_of_months_with_the_year_behind_them() -> None:
    """Months are those of metrics.json, the year comes from the same daily closes."""
    rows = rows_of(returns(three_days()))
    assert rows[0][:3] == ["", "Jan", "Feb"]
    assert rows[0][-2:] == ["Dec", "year"]
    assert rows[1] == ["2024", "+4.50", *[""] * 11, "+4.50"]


def test_the_best_and_the_worst_day_have_their_date() -> None:
    """+10 percent on the first, -5 percent on the second, and a day without a move."""
    assert pairs_of(returns(three_days())) == {
        "Best day": "+10.00 % on 2024-01-01",
        "Worst day": "-5.00 % on 2024-01-02",
        "Days": "3: 1 up, 1 down, 1 without a move",
    }


def test_nothing_is_told_of_days_that_the_rows_do_not_show() -> None:
    """Where daily closes from the rows give another Sharpe ratio than the metrics, days and years are withheld."""
    said = returns(with_window("2024-01-04", sharpe=1.5, monthly_returns_pct={"2024-01": 4.5}))
    assert rows_of(said)[1] == ["2024", "+4.50", *[""] * 12]
    assert said_in(said, "p")[-1].startswith("Withheld: ")
    assert pairs_of(said) == {}


def test_a_run_of_old_without_monthly_returns_says_so() -> None:
    """Nothing is made up for it."""
    known = {key: value for key, value in METRICS.items() if key != "monthly_returns_pct"}
    said = returns(content(metrics=known))
    assert said_in(said, "p") == ["Monthly returns: not recorded by the version that made this run."]


def test_the_deepest_drawdown_is_that_of_the_metrics() -> None:
    """Its moments lie between the rows of the curve; the fall before it is told from the rows."""
    run = with_window(
        "2024-01-11",
        days=10.0,
        max_drawdown_pct=25.0,
        max_drawdown_start="2024-01-03T12:00:00.000Z",
        max_drawdown_trough="2024-01-04T12:00:00.000Z",
        max_drawdown_recovery=None,
        max_drawdown_days=7.5,
    )
    curve = curve_of([(DAY, 990.0, 1.0), (2 * DAY, 1100.0, 0.0), (3 * DAY, 880.0, 20.0), (10 * DAY, 1000.0, 9.0)])
    assert rows_of(falls(content(manifest=run.manifest, metrics=run.metrics, equity=curve))) == [
        ["depth", "from the peak at", "trough", "recovered", "days"],
        ["25.00 %", "2024-01-03 12:00", "2024-01-04 12:00", "not by the end", "7.5"],
        ["1.00 %", "2024-01-01 00:00", "2024-01-02 00:00", "2024-01-03 00:00", "2.0"],
    ]


def test_a_run_that_never_fell_has_no_table_of_falls() -> None:
    """It says so instead."""
    said = falls(content())
    assert rows_of(said) == []
    assert said_in(said, "p") == ["Equity never closed below its peak."]


TRADES = (
    {"net_pnl_usdt": 10.0, "fees_usdt": 1.0, "funding_usdt": 0.5, "tag": "break", "entry_ts": 0, "exit_ts": 2},
    {"net_pnl_usdt": -4.0, "fees_usdt": 1.0, "tag": "break", "side": "short", "exit_reason": "target", "entry_ts": 25},
    {"net_pnl_usdt": 0.0, "fees_usdt": 0.25, "symbol": "ETHUSDT", "ambiguous": True, "mae_usdt": 3.0, "entry_ts": 1},
)


def traded() -> RunContent:
    rows = [{**row, "exit_ts": row.get("exit_ts", row["entry_ts"] + 1)} for row in TRADES]
    return content(trades=trades_of(rows))


def test_results_by_what_trades_share() -> None:
    """A table each for symbol, side, tag, exit reason, weekday, hour and month; 2024-01-01 was a Monday."""
    said = groups(traded())
    heads = [row[0] for row in rows_of(said) if row[1] == "trades"]
    assert heads == [
        "symbol",
        "side",
        "tag of the signal",
        "exit reason",
        "weekday of the entry",
        "hour of the entry, UTC",
        "month of the entry, UTC",
    ]
    by_name = {row[0]: row[1:] for row in rows_of(said)}
    assert by_name["BTCUSDT"] == ["2", "+6.00", "2.00", "0.50", "50.00 %", "2.50", "+3.00", "1.50", "0"]
    assert by_name["ETHUSDT"] == ["1", "0.00", "0.25", "0.00", "0.00 %", "–", "0.00", "1.00", "1"]
    assert by_name["break"][:2] == ["2", "+6.00"]
    assert by_name["none"][:2] == ["1", "0.00"]
    assert by_name["Mon"][:2] == ["2", "+10.00"]
    assert by_name["Tue"][:2] == ["1", "-4.00"]
    assert by_name["2024-01"][:2] == ["3", "+6.00"]
    assert by_name["01:00"][:2] == ["2", "-4.00"]


def test_trades_without_a_tag_say_so() -> None:
    """Instead of a table with one nameless row."""
    assert "No signal had a tag." in said_in(groups(content(trades=trades_of([{}]))), "p")


def test_a_run_without_trades_has_neither_groups_nor_pictures_of_them() -> None:
    """It says so in their place."""
    assert said_in(groups(content()), "p") == ["There are no trades."]
    assert "There are no trades." in said_in(pictures(content()), "p")


def test_pictures_tell_in_words_what_they_draw() -> None:
    """The bins of results with their counts: -4 to -2 and so on; a dot per trade."""
    said = pictures(traded())
    titles = said_in(said, "title")
    assert "Net results of 3 trades in 29 bins" in titles
    assert "MAE and MFE of 3 trades" in titles
    assert [title for title in titles if title.endswith("1 trade")] == [
        "from -4 to below -3.5 USDT: 1 trade",
        "from 0 to below 0.5 USDT: 1 trade",
        "from 10 to below 10.5 USDT: 1 trade",
    ]


def test_the_sharpe_ratio_moves_once_there_are_two_windows_of_days() -> None:
    """A run of three days says that it is too short."""
    assert "No moving Sharpe ratio: 3 daily returns" in said_in(pictures(three_days()), "p")[0]


def test_costs_part_by_part() -> None:
    """The table of the terminal, with what came in below zero and everything at the end."""
    known = {
        **METRICS,
        "turnover_usdt": 10_000.0,
        "fees_usdt": 6.0,
        "maker_fees_usdt": 2.0,
        "slippage_usdt": 3.0,
        "stop_slippage_usdt": 1.0,
        "impact_usdt": 0.5,
        "funding_paid_usdt": 4.0,
        "funding_received_usdt": 1.5,
    }
    assert rows_of(costs(content(metrics=known)))[1:] == [
        ["taker fees", "4.00", "4.00", "0.05 % of the value"],
        ["maker fees", "2.00", "2.00", "0.02 % of the value"],
        ["spread", "2.00", "2.00", "slippage_bps 2, and the tick"],
        ["stop slippage", "1.00", "1.00", "stop_slippage_bps 5, and the tick"],
        ["impact", "0.50", "0.50", "impact_k 0"],
        ["funding paid", "4.00", "4.00", ""],
        ["funding received", "-1.50", "-1.50", ""],
        ["all", "12.00", "12.00", "of 10,000.00 USDT traded"],
    ]


def by_symbol(**changes: Any) -> dict[str, float | None]:
    names = ("taker_fees", "maker_fees", "liquidation_fees", "spread", "stop_slippage", "impact")
    return {
        "turnover_usdt": 1000.0,
        **{f"{name}_usdt": 1.0 for name in names},
        "funding_paid_usdt": 3.0,
        "funding_received_usdt": 1.0,
        **changes,
    }


def test_costs_by_symbol_where_there_are_several() -> None:
    """Three fees of 1, three losses to the price of 1, and 2 of funding: 8 of 1000; the dearest first."""
    known = {**METRICS, "costs_by_symbol": {"A1USDT": by_symbol(), "B1USDT": by_symbol(impact_usdt=5.0)}}
    rows = rows_of(costs(content(metrics=known)))[-3:]
    assert rows == [
        ["symbol", "fees", "spread", "stops", "impact", "funding", "all", "bps"],
        ["B1USDT", "3.00", "1.00", "1.00", "5.00", "2.00", "12.00", "120.00"],
        ["A1USDT", "3.00", "1.00", "1.00", "1.00", "2.00", "8.00", "80.00"],
    ]


def test_funding_that_was_left_out_is_no_zero() -> None:
    """Neither in the table of all nor in that of the symbols."""
    silent = {"funding_paid_usdt": None, "funding_received_usdt": None}
    known = {**METRICS, **silent, "costs_by_symbol": {name: by_symbol(**silent) for name in ("A1USDT", "B1USDT")}}
    said = costs(content(metrics=known))
    rows = rows_of(said)
    assert ["funding", "–", "–", "left out: costs.funding is none"] in rows
    assert [row[5] for row in rows[-2:]] == ["–", "–"]
    assert said_in(said, "p") == [
        "Funding was left out (costs.funding: none): what holding a position costs or earns is in no figure."
    ]


FUNNEL: dict[str, Any] = {
    "decisions": 5,
    "signals": 4,
    "signals_ignored": 1,
    "submitted": 3,
    "refused_by_code": {"BELOW_MIN_QTY": 2, "ENTRIES_DISABLED": 1},
    "cancelled_by_code": {"EXPIRED": 1},
    "warned_by_code": {},
    "filled": 2,
    "refusals": [
        {
            "ts": "2024-01-01T00:05:00.000Z",
            "symbol": "BTCUSDT",
            "order_id": 1,
            "side": "buy",
            "qty": 0.0004,
            "code": "BELOW_MIN_QTY",
            "have": 0.0004,
            "need": 0.001,
        }
    ],
}


def test_the_way_from_closes_to_fills() -> None:
    """An hour of 5m closes, decisions possible from the fourth close on: 12 closes, 9 of them ready."""
    run = with_window(
        "2024-01-02", days=1 / 24, first_decision_by_symbol={"BTCUSDT": "2024-01-01T00:20:00.000Z", "ETHUSDT": None}
    )
    said = funnel(content(manifest=run.manifest, metrics=run.metrics, funnel=FUNNEL))
    assert pairs_of(said) == {
        "closes of 5m": "12",
        "ready": "9",
        "asked": "5",
        "wishes": "4 1 of them changed nothing",
        "orders": "3",
        "refused": "3",
        "cancelled": "1",
        "filled": "2 to enter or to leave",
    }


def test_refusals_have_both_numbers_and_what_their_code_means() -> None:
    """By code with its meaning, then one by one with what there was and what was needed."""
    rows = rows_of(funnel(content(funnel=FUNNEL)))
    meant = "smaller than the venue's smallest order, or nothing was left to pay for more"
    assert ["refused", "2", "BELOW_MIN_QTY", meant] in rows
    assert ["cancelled", "1", "EXPIRED", "not filled in the time it was given"] in rows
    assert rows[-1] == ["2024-01-01 00:05", "BTCUSDT", "buy", "BELOW_MIN_QTY", "0.0004", "0.0004", "0.001"]


def test_a_code_that_compares_nothing_has_no_numbers() -> None:
    """ENTRIES_DISABLED is no comparison."""
    refusal = {**FUNNEL["refusals"][0], "code": "ENTRIES_DISABLED"}
    rows = rows_of(funnel(content(funnel={**FUNNEL, "refusals": [refusal]})))
    assert rows[-1][-2:] == ["–", "–"]


def test_a_run_of_old_does_not_know_how_often_it_was_asked() -> None:
    """It says so."""
    known = {key: value for key, value in METRICS.items() if "decision" not in key}
    said = pairs_of(funnel(content(metrics=known, funnel={**FUNNEL, "decisions": None, "signals_ignored": None})))
    assert said["asked"] == "not recorded by the version that made this run"
    assert "ready" not in said
    assert said["wishes"] == "4"


def test_exposure_says_what_was_at_stake() -> None:
    """Figures of metrics.json with their units; what does not exist has its reason."""
    known = {**METRICS, "exposure_pct": 62.5, "max_used_margin_usdt": 1234.5, "exit_reasons": {"stop": 1, "target": 2}}
    said = pairs_of(exposure(content(metrics=known)))
    assert said["In the market"] == "62.50 % of the steps"
    assert said["Most margin used"] == "1,234.50 USDT"
    assert said["Exits"] == "target 2, stop 1"
    assert said["Decisions"] == "– no decision was possible"
    assert said["Nearest to liquidation"].startswith("– ")


def test_settings_stand_with_their_defaults() -> None:
    """What was chosen has none; lists are read as words."""
    rows = rows_of(
        settings(
            content(
                settings=(
                    Setting("symbols", ["BTCUSDT", "ETHUSDT"], None, has_default=False),
                    Setting("account.leverage", 5.0, 1.0, has_default=True),
                    Setting("data.derive_from", "5m", None, has_default=True),
                    Setting("risk.costs_in_risk", False, True, has_default=True),
                )
            )
        )
    )
    assert rows[1:] == [
        ["symbols", "BTCUSDT, ETHUSDT", "chosen"],
        ["account.leverage", "5.0", "1.0"],
        ["data.derive_from", "5m", "none"],
        ["risk.costs_in_risk", "false", "true"],
    ]


def test_the_origin_has_every_digest_whole() -> None:
    """Of engine, strategy, specs, series, files and the last state."""
    said = origin(content())
    for digest in ("ab", "cd", "ef", "12", "34", "56"):
        assert f">{digest * 32}<" in said
    assert pairs_of(said)["maintenance_margin"] == "by mark"
    assert ["trades.csv", "210", "34" * 32] in rows_of(said)
    assert pairs_of(said)["versions.polars"] == "2.0.1"
    assert pairs_of(said)["result"] == "passed"


def test_a_formula_that_changed_inside_the_window_has_its_days() -> None:
    """Both spans of the formula are told."""
    spans = [
        {"basis": "entry", "from": None, "until": "2024-02-01T00:00:00.000Z"},
        {"basis": "mark", "from": "2024-02-01T00:00:00.000Z", "until": None},
    ]
    inputs = {**MANIFEST["inputs"], "formulas": {"maintenance_margin": spans}}
    said = pairs_of(origin(content(manifest={**MANIFEST, "inputs": inputs})))
    assert said["maintenance_margin"] == "by entry until 2024-02-01 00:00; by mark from 2024-02-01 00:00"
