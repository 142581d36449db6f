"""Candles with trades, their levels and features: what the page's script needs to draw any stretch of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from btcli.market.series import Bars
from btcli.report.charts.fitting import step_of
from btcli.report.charts.plots import PALETTE, plot, source, time_range
from btcli.report.charts.whole import Coded, coded_candles, coded_line, coded_times
from btcli.report.content import Line, RunContent
from btcli.timeframe import Timeframe

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource, Plot

BESIDE_PRICES = 0.3  # of the price a feature may lie away from it, nearly always, to be drawn among the candles
NEARLY_ALWAYS_PCT = 95
PANES_SHOWN, LINES_SHOWN = 3, 6
SIDES = {"long": 1.0, "short": -1.0}


class Slot(NamedTuple):
    """A feature's place in the picture, the same for all symbols: among the candles, or in a pane of its own."""

    role: str
    timeframe: str
    name: str
    expression: str
    color: str
    in_pane: bool
    is_shown: bool


class Prices(NamedTuple):
    """The plots of a run's prices, the models that are only read, and how the script finds its way in them."""

    plots: list[Plot]
    stores: list[ColumnDataSource]
    slots: tuple[Slot, ...]
    facts: dict[str, Any]


def price_plots(run: str, content: RunContent) -> Prices | None:
    """None where there are no candles."""
    if not content.candles:
        return None
    slots = slots_of(content)
    symbols = list(content.candles)
    first = min(float(bars.ts_open[0]) for bars in content.candles.values())
    last = max(float(bars.ts_close[-1]) for bars in content.candles.values())
    times = time_range(f"{run}.times", first, last)
    main = plot(f"{run}.price", times, 440, "0,0.[00000000]")
    plots, drawn = [main], _drawn(run, main)
    lines = [_line_of(run, place, slot, main, times, plots) for place, slot in enumerate(slots)]
    stores: list[ColumnDataSource] = [_trades(run, content, symbols), _levels(run, content)]
    known = []
    for place, symbol in enumerate(symbols):
        of_symbol = f"{run}.{place}"
        coded = [
            _stored_line(f"{of_symbol}.{at}", _find(content, symbol, slot), stores) for at, slot in enumerate(slots)
        ]
        known.append({"candles": _stored(f"{of_symbol}.candles", content.candles[symbol], stores), "lines": coded})
    facts = {"range": times.name, "plot": main.name, "symbols": known, "lines": lines, "drawn": drawn}
    return Prices(plots, stores, slots, facts)


def slots_of(content: RunContent) -> tuple[Slot, ...]:
    """The features of all symbols by role and name, in the order they are first met."""
    found: dict[tuple[str, str], Slot] = {}
    panes = lines = 0
    for symbol, features in content.features.items():
        for line in features:
            if symbol not in content.candles or (line.role, line.name) in found:
                continue
            in_pane = not is_beside_prices(line, content.candles[symbol])
            panes, lines = panes + in_pane, lines + (not in_pane)
            is_shown = panes <= PANES_SHOWN if in_pane else lines <= LINES_SHOWN
            color = PALETTE[len(found) % len(PALETTE)]
            found[line.role, line.name] = Slot(*line[:4], color, in_pane, is_shown)
    return tuple(found.values())


def is_beside_prices(line: Line, bars: Bars) -> bool:
    """Whether a feature is a price: it lies near those that were closed at its time."""
    there = np.isfinite(line.value)
    rows = np.searchsorted(bars.ts_close, line.ts_ms[there], side="right") - 1
    seen = rows >= 0
    if not seen.any():
        return False
    closes = bars.close[rows[seen]]
    away = np.abs(line.value[there][seen] / closes - 1.0)
    return bool(np.percentile(away, NEARLY_ALWAYS_PCT) < BESIDE_PRICES)


def _drawn(run: str, main: Plot) -> dict[str, str]:
    """What is drawn of the visible part; the columns are filled by the page's script."""
    from bokeh.models import Quad, Scatter, Segment, VBar

    def empty(name: str, *columns: str) -> ColumnDataSource:
        return source(f"{run}.{name}", **{column: [] for column in columns})

    boxes = empty("boxes", "left", "right", "bottom", "top", "color")
    bars = empty("bars", "x", "high", "low", "top", "bottom", "width", "color")
    held = empty("held", "x0", "y0", "x1", "y1", "color")
    levels = empty("levels_seen", "x0", "y0", "x1", "y1", "color")
    marks = empty("marks", "x", "y", "marker", "color", "size", "fill")
    main.add_glyph(
        boxes,
        Quad(
            left="left", right="right", bottom="bottom", top="top", fill_color="color", fill_alpha=0.14, line_alpha=0.0
        ),
    )
    main.add_glyph(bars, Segment(x0="x", y0="high", x1="x", y1="low", line_color="color"))
    main.add_glyph(bars, VBar(x="x", top="top", bottom="bottom", width="width", fill_color="color", line_color="color"))
    main.add_glyph(levels, Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_color="color", line_width=1.4))
    main.add_glyph(
        held, Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_color="color", line_dash="dashed", line_width=1.4)
    )
    main.add_glyph(
        marks,
        Scatter(x="x", y="y", marker="marker", size="size", fill_color="color", line_color="color", fill_alpha="fill"),
    )
    return {str(each.name).removeprefix(f"{run}."): str(each.name) for each in (boxes, bars, held, levels, marks)}


def _line_of(run: str, place: int, slot: Slot, main: Plot, times: Any, plots: list[Plot]) -> dict[str, Any]:
    """The source of what is drawn of a feature, on the plot of the candles or on one of its own."""
    from bokeh.models import Line as Stroke

    drawn = source(f"{run}.line{place}", x=np.empty(0), y=np.empty(0))
    where = main
    if slot.in_pane:
        where = plot(f"{run}.pane{place}", times, 110, "0,0.[000]a", shows_times=False)
        plots.append(where)
    behind = Stroke(x="x", y="y", line_color=slot.color, line_width=1.4)
    where.add_glyph(drawn, behind, level="underlay")
    return {"source": drawn.name, "plot": where.name}


def _stored(name: str, bars: Bars, stores: list[ColumnDataSource]) -> dict[str, Any]:
    return _together(name, coded_times(bars.ts_open, step_of(bars)), coded_candles(bars), stores)


def _stored_line(name: str, line: Line | None, stores: list[ColumnDataSource]) -> dict[str, Any] | None:
    if line is None or not line.ts_ms.size:
        return None
    step_ms = Timeframe.parse(line.timeframe).ms
    return _together(name, coded_times(line.ts_ms, step_ms), coded_line(line.value), stores)


def _together(name: str, times: Coded, values: Coded, stores: list[ColumnDataSource]) -> dict[str, Any]:
    """Columns of a source have one length: those of the holes are a source of their own."""
    apart = {key: column for key, column in values.columns.items() if key == "missing"}
    along = {key: column for key, column in values.columns.items() if key != "missing"}
    stores += [source(name, **along), source(f"{name}.holes", **times.columns)]
    if apart:
        stores.append(source(f"{name}.missing", **apart))
    return {"source": name, **times.facts, **values.facts}


def _find(content: RunContent, symbol: str, slot: Slot) -> Line | None:
    return next((line for line in content.features.get(symbol, ()) if line[:3] == slot[:3]), None)


def _trades(run: str, content: RunContent, symbols: Sequence[str]) -> ColumnDataSource:
    frame = content.trades
    if frame.is_empty():
        return source(f"{run}.trades", trade_id=np.empty(0))
    places = {symbol: float(place) for place, symbol in enumerate(symbols)}
    numbers = {
        name: frame[name].to_numpy().astype(np.float64)
        for name in ("trade_id", "entry_price", "exit_price", "net_pnl_usdt")
    }
    moments = {name: frame[name].dt.epoch("ms").to_numpy().astype(np.float64) for name in ("entry_ts", "exit_ts")}
    symbol = np.array([places.get(each, -1.0) for each in frame["symbol"]])
    side = np.array([SIDES.get(each, 0.0) for each in frame["side"]])
    return source(f"{run}.trades", **numbers, **moments, symbol=symbol, side=side)


def _levels(run: str, content: RunContent) -> ColumnDataSource:
    return source(f"{run}.levels", **content.levels._asdict())
