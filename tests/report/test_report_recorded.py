"""Pages of recorded runs: every figure on them is one of metrics.json or trades.csv."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from page_reading import pairs_of, rows_of

from btcli.artifacts.frames import equity_frame, trades_frame
from btcli.report.content import RunContent
from btcli.report.sections import ABOVE, BELOW
from btcli.report.sections.exposure import exposure
from btcli.report.sections.falls import falls
from btcli.report.sections.first import key_figures, paths
from btcli.report.sections.groups import groups
from btcli.report.sections.returns import returns
from btcli.report.sections.trades import trades
from btcli.story.funnel import funnel_of
from btcli.timeframe import utc_text

GOLDEN = Path(__file__).parent.parent / "golden"
RUNS = sorted(path.parent.name for path in GOLDEN.glob("*/run_manifest.json"))
FIGURE = re.compile(r"[+-]?\d[\d,]*\.\d+")


def recorded(name: str) -> RunContent:
    """A recorded run as a page has it, without candles."""
    folder = GOLDEN / name
    manifest, metrics = (json.loads((folder / file).read_text()) for file in ("run_manifest.json", "metrics.json"))
    return RunContent(
        name=name,
        run_id=manifest["run_id"],
        manifest=manifest,
        metrics=metrics,
        trades=trades_frame(folder),
        equity=equity_frame(folder),
        funnel=funnel_of(folder).to_dict(),
        findings=metrics.get("findings"),
    )


def leaves(value: Any) -> Iterator[float]:
    """Every number below a value."""
    for below in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from leaves(below)
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def rounded(value: float, digits: int) -> str:
    """The digits of a number, rounded as a whole, by decimal arithmetic; thousands apart."""
    return f"{Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN):,}".lstrip("-")


def strange(said: str, known: Mapping[str, Any]) -> list[str]:
    """The figures of a text that are no rounding of a number in `known`."""
    values = list(leaves(known))
    figures = FIGURE.findall(said)
    return [
        figure
        for figure in figures
        if figure.lstrip("+-") not in {rounded(value, len(figure.split(".")[1])) for value in values}
    ]


@pytest.mark.parametrize("name", RUNS)
def test_every_figure_is_one_of_the_metrics(name: str) -> None:
    """Cards, paths, exposure and months hold no number that metrics.json does not have; costs alone are summed."""
    run = recorded(name)
    costs = ("fees_usdt", "slippage_usdt", "impact_usdt", "funding_paid_usdt")
    summed = sum(run.metrics[key] for key in costs) - run.metrics["funding_received_usdt"]
    initial = run.metrics["initial_equity_usdt"]
    profits = [each["final_equity_usdt"] - initial for each in run.metrics["paths"].values()]
    known = {
        **run.metrics,
        "costs": summed,
        "profits": profits,
        "mean": sum(run.metrics["buy_and_hold_pct"].values()) / 2,
    }
    for section in (key_figures, exposure):
        assert strange(" ".join(pairs_of(section(run)).values()), known) == []
    assert strange(" ".join(" ".join(row) for row in rows_of(paths(run))), known) == []
    months = rows_of(returns(run))[1][1:13]
    assert [each for each in months if each] == [
        f"{each:+,.2f}" for each in run.metrics["monthly_returns_pct"].values()
    ]


@pytest.mark.parametrize("name", RUNS)
def test_the_first_drawdown_is_that_of_the_metrics(name: str) -> None:
    """Depth, moments and days."""
    run = recorded(name)
    depth, start, trough, recovered, days = rows_of(falls(run))[1]
    assert depth == f"{run.metrics['max_drawdown_pct']:.2f} %"
    assert [start, trough] == [run.metrics[f"max_drawdown_{key}"][:16].replace("T", " ") for key in ("start", "trough")]
    recovery = run.metrics["max_drawdown_recovery"]
    assert recovered == ("not by the end" if recovery is None else recovery[:16].replace("T", " "))
    assert days == f"{run.metrics['max_drawdown_days']:.1f}"


@pytest.mark.parametrize("name", RUNS)
def test_the_table_of_trades_holds_every_row_of_the_file(name: str) -> None:
    """Unpacked as the page's script does, each cell is that of trades.csv, amounts to the cent."""
    said = re.search('class="trade-rows">(.*?)</script>', trades(recorded(name)))
    assert said
    block = json.loads(said[1])
    with (GOLDEN / name / "trades.csv").open() as file:
        rows = list(csv.DictReader(file))
    for key in ("entry_ts", "exit_ts"):
        assert [utc_text(moment) for moment in accumulate(block[key])] == [row[key] for row in rows]
    for place, row in enumerate(rows):
        for key in ("symbol", "side", "exit_reason"):
            assert block[key]["words"][block[key]["at"][place]] == row[key]
        for key in ("qty", "entry_price", "exit_price", "bars_held", "trade_id"):
            assert block[key][place] == float(row[key])
        for key in ("net_pnl_usdt", "gross_pnl_usdt", "fees_usdt", "funding_usdt", "mae_usdt", "mfe_usdt"):
            cent = Decimal(float(row[key])).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
            assert block[key][place] == int(cent * 100)
        assert block["ambiguous"][place] == (row["ambiguous"] == "true")
    assert len(block["trade_id"]) == len(rows)


@pytest.mark.parametrize("name", RUNS)
def test_groups_by_side_are_those_of_the_metrics(name: str) -> None:
    """Trades and net result of the long and the short ones; every kind of group has all trades."""
    run = recorded(name)
    rows = rows_of(groups(run))
    for side in ("long", "short"):
        if run.metrics[side]["trades"]:
            (row,) = (row for row in rows if row[0] == side)
            assert row[1:3] == [f"{run.metrics[side]['trades']:,}", f"{run.metrics[side]['net_pnl_usdt']:+,.2f}"]
    heads = [place for place, row in enumerate(rows) if row[1] == "trades"]
    for first, last in zip(heads, [*heads[1:], len(rows)], strict=True):
        assert sum(int(row[1].replace(",", "")) for row in rows[first + 1 : last]) == run.metrics["trades"]


@pytest.mark.parametrize("name", RUNS)
def test_every_section_of_a_recorded_run_can_be_made(name: str) -> None:
    """And is the same when it is made again."""
    run = recorded(name)
    once, again = ([section(run) for section in (*ABOVE, *BELOW)] for _ in range(2))
    assert once == again
