"""How much of the time and of the account was at stake."""

from __future__ import annotations

from collections.abc import Iterator

from btcli.legible.figures import count, day, listed, number, percent
from btcli.report.content import RunContent
from btcli.report.html import Markup, together
from btcli.report.sections.parts import Cell, earned, figure, found, pairs, part, small, usdt


def exposure(content: RunContent) -> Markup:
    """Time in the market, margin, distance to liquidation, and single trades."""
    return part("Exposure and trades", pairs(_rows(content)), kind="exposure")


def _rows(content: RunContent) -> Iterator[tuple[Cell, Cell]]:
    metrics = content.metrics
    for title, key, write in (
        ("In the market", "exposure_pct", lambda value: f"{percent(value)} of the steps"),
        ("Held on average", "average_duration_hours", lambda value: f"{number(value)} h"),
        ("Most margin used", "max_used_margin_usdt", usdt),
        ("Most margin used, of equity", "max_used_margin_pct", percent),
        ("Least free margin", "min_free_margin_usdt", usdt),
        ("Nearest to liquidation", "nearest_liquidation_pct", lambda value: f"{percent(value)} at a close"),
        ("Liquidations", "liquidations", lambda value: f"{value:,}"),
        ("Entries disabled", "entries_disabled_pct", lambda value: f"{percent(value)} of the steps"),
        ("Turnover", "turnover_usdt", usdt),
        ("Per trade", "expectancy_usdt", earned),
        ("Average win", "average_win_usdt", earned),
        ("Average loss", "average_loss_usdt", earned),
        ("Best trade", "best_trade_usdt", earned),
        ("Worst trade", "worst_trade_usdt", earned),
        ("Average MAE", "average_mae_usdt", usdt),
        ("Average MFE", "average_mfe_usdt", usdt),
        ("Wins in a row", "longest_win_streak", lambda value: f"{value:,}"),
        ("Losses in a row", "longest_loss_streak", lambda value: f"{value:,}"),
        ("SQN", "sqn", number),
        ("Volatility, a year", "volatility_pct", percent),
        ("Ulcer index", "ulcer_index_pct", percent),
    ):
        yield title, figure(metrics, key, write)
    if found(metrics, "exit_reasons"):
        yield "Exits", listed(metrics["exit_reasons"])
    if "decisions" in metrics:
        yield "Decisions", _decisions(content)


def _decisions(content: RunContent) -> Markup:
    metrics = content.metrics
    first = found(metrics, "first_decision_ts")
    if first is None:
        return figure(metrics, "first_decision_ts", str)
    before = percent(metrics.get("window_before_first_decision_pct"))
    said = f"first possible at {day(first)}, after {before} of the window"
    return together(f"asked {count(metrics['decisions'], 'time')} ", small(said))
