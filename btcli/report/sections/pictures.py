"""What is seen better than read: the spread of results, how far trades went, and the Sharpe ratio as it moved."""

from __future__ import annotations

from collections.abc import Iterator

from btcli.analysis import definitions as define
from btcli.analysis.distribution import Bin, bins_of
from btcli.analysis.numbers import Undefined
from btcli.analysis.rolling import rolling_sharpe, window_days
from btcli.legible.figures import count
from btcli.report.content import RunContent
from btcli.report.html import Markup
from btcli.report.sections.days import TOO_FAR_APART, day_text, days_of
from btcli.report.sections.drawing import Scale, across, bar, dots, drawing, figures, polyline, ticks, upwards
from btcli.report.sections.parts import note, part

MOST_BINS = 30
Picture = tuple[str, Markup, str]  # heading, drawing, and what it shows


def pictures(content: RunContent) -> Markup:
    """The Sharpe ratio over the days before each day, the spread of results, and the excursions of each trade."""
    moved = _moving_sharpe(content)
    drawn = [*([] if isinstance(moved, str) else [moved]), *_of_trades(content)]
    return part(
        "As it moved, and how trades spread",
        figures(*drawn) if drawn else None,
        note(moved) if isinstance(moved, str) else None,
        None if content.trades.height else note("There are no trades."),
        kind="spread",
    )


def _of_trades(content: RunContent) -> Iterator[Picture]:
    if content.trades.height:
        yield _results(content)
        yield _excursions(content)


def _results(content: RunContent) -> Picture:
    bins = bins_of(content.trades["net_pnl_usdt"].to_list(), MOST_BINS)
    x, up = across(bins[0].low, bins[-1].high), upwards(0.0, max(each.values for each in bins))
    labels = [(x.at(tick.value), tick.label) for tick in ticks(x)]
    said = f"Net results of {count(content.trades.height, 'trade')} in {count(len(bins), 'bin')}"
    picture = drawing(said, "net result, USDT", labels, up, *(_bin(each, x, up) for each in bins))
    return "Net results", picture, f"Trades per {bins[0].high - bins[0].low:,.10g} USDT of net result."


def _bin(each: Bin, x: Scale, up: Scale) -> Markup:
    said = f"from {each.low:,.10g} to below {each.high:,.10g} USDT: {count(each.values, 'trade')}"
    left, right = x.at(each.low) + 0.5, x.at(each.high) - 0.5
    return bar(left, right - left, up, each.values, "loss" if each.low < 0.0 else "gain", said)


def _excursions(content: RunContent) -> Picture:
    trades = content.trades
    against, ahead, net = (trades[key].to_list() for key in ("mae_usdt", "mfe_usdt", "net_pnl_usdt"))
    x, up = across(0.0, max(*against, 0.0)), upwards(0.0, max(*ahead, 0.0))
    places = [(x.at(mae), up.at(mfe)) for mae, mfe in zip(against, ahead, strict=True)]
    won = [place for place, result in zip(places, net, strict=True) if result > 0.0]
    rest = [place for place, result in zip(places, net, strict=True) if result <= 0.0]
    labels = [(x.at(tick.value), tick.label) for tick in ticks(x)]
    said = f"MAE and MFE of {count(trades.height, 'trade')}"
    picture = drawing(said, "MAE: furthest against, USDT", labels, up, dots(rest, "loss"), dots(won, "gain"))
    return "MAE against MFE", picture, "Upwards MFE, the furthest for a trade, USDT; a dot per trade, won or not won."


def _moving_sharpe(content: RunContent) -> Picture | str:
    """The picture, or why there is none."""
    days = days_of(content)
    if days is None:
        return TOO_FAR_APART
    by_day = define.dated_returns(days)
    window = window_days(len(by_day))
    dated = zip(list(by_day)[window - 1 :], rolling_sharpe(list(by_day.values()), window), strict=True)
    known = [(day, ratio) for day, ratio in dated if not isinstance(ratio, Undefined)]
    said = f"As in the metrics, over {window} days: mean by deviation of the daily returns, times the root of 365."
    if len(known) < 2:
        return (
            f"No moving Sharpe ratio: {count(len(by_day), 'daily return')}, too few, or too few that vary, for a line."
        )
    return f"Sharpe ratio over {window} days", _line(known), said


def _line(known: list[tuple[int, float]]) -> Markup:
    ratios = [ratio for _, ratio in known]
    x, up = across(known[0][0], known[-1][0]), upwards(min(*ratios, 0.0), max(*ratios, 0.0))
    first, last = known[0][0], known[-1][0]
    labels = [(x.at(first) + 26.0, day_text(first)), (x.at(last) - 26.0, day_text(last))]
    points = [(x.at(day), up.at(ratio)) for day, ratio in known]
    said = f"From {day_text(first)} to {day_text(last)}, between {min(ratios):,.2f} and {max(ratios):,.2f}"
    return drawing(said, "", labels, up, polyline(points))
