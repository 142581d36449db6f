"""Plots as this page has them: time along the bottom, values at the right, zoomed along time only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource, Plot, Range1d

PALETTE = ("#3b82f6", "#f59e0b", "#06b6d4", "#ec4899", "#84cc16", "#f97316", "#0ea5e9", "#94a3b8")  # on light and dark
MIN_BORDER = 6
AXIS_WIDTH = 72  # the same in all plots, so that their times stand above each other


def time_range(name: str, start_ms: float, end_ms: float) -> Range1d:
    """The moments (ms UTC) that plots show together; it can't be left by panning."""
    from bokeh.models import Range1d

    start, end = float(start_ms), float(max(end_ms, start_ms + 1.0))
    return Range1d(start=start, end=end, bounds=(start, end), min_interval=60_000.0, name=name)


def plot(name: str, times: Range1d, height: int, y_format: str, *, shows_times: bool = True) -> Plot:
    """An empty plot over `times`; what it shows decides its range of values, in the browser."""
    from bokeh.models import DatetimeAxis, Grid, LinearAxis, NumeralTickFormatter, Plot, Range1d

    made = Plot(
        name=name,
        x_range=times,
        y_range=Range1d(start=0.0, end=1.0),
        height=height,
        sizing_mode="stretch_width",
        toolbar_location=None,
        title=None,
        background_fill_alpha=0.0,
        border_fill_alpha=0.0,
        outline_line_alpha=0.0,
        min_border=MIN_BORDER,
        min_border_right=AXIS_WIDTH,
        output_backend="canvas",
    )
    bottom = DatetimeAxis(visible=shows_times, formatter=_moments(), axis_line_alpha=0.0, minor_tick_line_alpha=0.0)
    right = LinearAxis(axis_line_alpha=0.0, minor_tick_line_alpha=0.0)
    right.formatter = NumeralTickFormatter(format=y_format)  # type: ignore[assignment]
    for axis in (bottom, right):
        axis.major_tick_line_alpha = 0.0
        axis.major_label_text_font_size = "11px"
    right.ticker.desired_num_ticks = max(2, height // 60)
    made.add_layout(bottom, "below")
    made.add_layout(right, "right")
    made.add_layout(Grid(dimension=0, ticker=bottom.ticker, grid_line_alpha=0.35))
    made.add_layout(Grid(dimension=1, ticker=right.ticker, grid_line_alpha=0.35))
    _add_tools(made)
    return made


def source(name: str, **columns: Any) -> ColumnDataSource:
    """Columns under a name by which the page's script finds them."""
    from bokeh.models import ColumnDataSource

    return ColumnDataSource(data=columns, name=name)


def _moments() -> Any:
    from bokeh.models import DatetimeTickFormatter

    return DatetimeTickFormatter(
        minutes="%H:%M", hourmin="%H:%M", hours="%H:%M", days="%d %b", months="%b %Y", years="%Y"
    )


def _add_tools(made: Plot) -> None:
    """Dragging pans, the wheel zooms while ctrl is held, so that a page can be scrolled across its charts."""
    from bokeh.models import CrosshairTool, PanTool, WheelZoomTool

    pan = PanTool(dimensions="width")
    wheel = WheelZoomTool(dimensions="width", modifiers="ctrl", speed=0.0015)
    made.add_tools(pan, wheel, CrosshairTool(dimensions="both", line_alpha=0.4))
    made.toolbar.active_drag = pan
    made.toolbar.active_scroll = wheel
    made.toolbar.logo = None
