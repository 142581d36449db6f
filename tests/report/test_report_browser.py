"""The page in a real browser: drawn in every form, and what is pressed, turned and chosen on it."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import report_worlds
from command_line import btcli

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Opens = Callable[..., "Page"]
Seen = dict[str, Any]
HOUR = 3_600_000.0
DAY = 24 * HOUR
PRICE, MARKS, BARS = "run0.price", "run0.marks", "run0.bars"
CHARTS = ("run0.equity", "run0.drawdown", "run0.margin", PRICE)


@pytest.fixture(scope="module")
def run(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 19 days and two symbols, with its page; not made where there is no browser to look at it."""
    return report_worlds.made(tmp_path_factory.mktemp("seen") / "project")


@pytest.fixture
def page(run: Path, open_page: Opens) -> Page:
    """Its page, drawn."""
    return drawn(open_page((run / "report.html").read_bytes()))


def drawn(page: Page) -> Page:
    """Once every chart stands."""
    page.wait_for_selector("html[data-drawn]", state="attached")
    settle(page)
    return page


PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"
HELD = """name => Object.entries(Bokeh.documents[0].get_model_by_name(name).data)
  .map(([key, all]) => [key, [...all]])"""
AXES = """name => {
  const {x_range, y_range, inner_width} = Bokeh.documents[0].get_model_by_name(name);
  return {start: x_range.start, end: x_range.end, low: y_range.start, high: y_range.end, width: inner_width};
}"""


def settle(page: Page) -> None:
    """Until what was asked for is painted."""
    page.evaluate(PAINTED)


def columns(page: Page, name: str) -> dict[str, list[Any]]:
    """What a source on the page holds at the moment."""
    return dict(page.evaluate(HELD, name))


def shown(page: Page) -> Seen:
    """The moments and the prices that the candles' axes run over, and how wide they are drawn."""
    return dict(page.evaluate(AXES, PRICE))


def look(page: Page, start: float, end: float) -> None:
    """Show the prices from one moment to another."""
    page.evaluate(
        "([start, end]) => Bokeh.documents[0].get_model_by_name('run0.times').setv({start, end})", [start, end]
    )
    settle(page)


def trades_of(run: Path) -> list[dict[str, str]]:
    """The rows of trades.csv."""
    with (run / "trades.csv").open(newline="") as rows:
        return list(csv.DictReader(rows))


def ms(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp() * 1000


def colors_of(page: Page, chart: str) -> set[tuple[int, ...]]:
    """The colors of a chart's pixels."""
    from PIL import Image

    taken = page.locator(f"[id='{chart}']").screenshot()
    picture = Image.open(BytesIO(taken)).convert("RGB")
    return {color for _, color in picture.getcolors(1 << 24) or []}


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_every_chart_is_drawn_in_every_form(run: Path, open_page: Opens, width: int, scheme: str) -> None:
    """Each chart has its own colors on the ground of the page, and nothing is wider than the screen."""
    page = drawn(open_page((run / "report.html").read_bytes(), width=width, scheme=scheme))
    ground = {"light": (255, 255, 255), "dark": (20, 23, 27)}[scheme]
    wanted = ((59, 130, 246), (239, 83, 80), (148, 163, 184), (38, 166, 154))  # equity, drawdown, margin, a candle
    for chart, color in zip(CHARTS, wanted, strict=True):
        found = colors_of(page, chart)
        assert ground in found, chart
        share = 0.35 if chart == "run0.margin" else 1.0
        mixed = tuple(round(share * each + (1 - share) * below) for each, below in zip(color, ground, strict=True))
        assert any(max(abs(a - b) for a, b in zip(mixed, each, strict=True)) <= 3 for each in found), chart
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_writing_follows_when_the_room_turns_dark(page: Page) -> None:
    """Labels on the canvas take the color of the page's text, also after it was opened."""
    label = "name => Bokeh.documents[0].get_model_by_name(name).right[0].major_label_text_color"
    before = page.evaluate(label, PRICE)
    page.emulate_media(color_scheme="dark")
    settle(page)
    assert before == "rgb(22, 25, 29)"
    assert page.evaluate(label, PRICE) == "rgb(232, 234, 237)"


def test_the_whole_window_is_shown_first(page: Page) -> None:
    """All 20 days, in no more candles than there is room for, each the sum of those it stands for."""
    seen, bars = shown(page), columns(page, BARS)
    assert (seen["start"], seen["end"]) == (ms("2024-01-01T00:00Z"), ms("2024-01-21T00:00Z"))
    assert 20 < len(bars["x"]) <= seen["width"] / 4 + 1
    assert seen["low"] < min(bars["low"])
    assert max(bars["high"]) < seen["high"]


def test_candles_are_those_of_the_store(page: Page, run: Path, tmp_path: Path) -> None:
    """Of the last day every candle is that of the store, to the last digit; of longer spans the sums of them."""
    project, file = run.parents[3], tmp_path / "candles.csv"
    series = ("--symbol", "BTCUSDT", "--series", "trade", "--timeframe", "15m", "--venue", "sample")
    assert btcli("data", "export", file, *series, "--start", "2024-01-19", "--end", "2024-01-20", cwd=project).code == 0
    with file.open(newline="") as rows:
        stored = [{name: float(row[name]) for name in ("open", "high", "low", "close")} for row in csv.DictReader(rows)]
    look(page, ms("2024-01-20T00:00Z"), ms("2024-01-21T00:00Z"))
    bars, day = columns(page, BARS), stored[96:]
    assert len(day) == 96
    assert [bars[name][-96:] for name in ("high", "low")] == [[each[name] for each in day] for name in ("high", "low")]
    assert bars["top"][-96:] == [max(each["open"], each["close"]) for each in day]
    assert bars["bottom"][-96:] == [min(each["open"], each["close"]) for each in day]
    look(page, ms("2024-01-01T00:00Z"), ms("2024-01-21T00:00Z"))
    summed = columns(page, BARS)
    width_ms = (summed["x"][1] - summed["x"][0]) / (15 * 60_000)
    last = stored[-int(width_ms) :]
    assert summed["high"][-1] == max(each["high"] for each in last)
    assert summed["low"][-1] == min(each["low"] for each in last)


def test_zooming_halves_what_is_shown_and_the_prices_follow(page: Page) -> None:
    """Plus shows half the time around the middle in finer candles; the axis of prices spans just those."""
    before, coarse = shown(page), columns(page, BARS)
    for _ in range(4):
        page.locator(".prices button[data-zoom='0.5']").click()
    settle(page)
    seen, fine = shown(page), columns(page, BARS)
    assert seen["end"] - seen["start"] == pytest.approx((before["end"] - before["start"]) / 16)
    assert fine["width"][0] < coarse["width"][0]
    assert seen["low"] < min(fine["low"])
    assert max(fine["high"]) < seen["high"]
    assert seen["high"] - seen["low"] < before["high"] - before["low"]
    assert min(fine["x"]) > seen["start"] - 8 * HOUR
    assert max(fine["x"]) < seen["end"] + 8 * HOUR
    page.locator(".prices button", has_text="All").click()
    settle(page)
    assert shown(page) == before


def test_the_wheel_scrolls_and_with_ctrl_it_zooms(page: Page) -> None:
    """A page can be scrolled across its charts; while ctrl is held the wheel zooms around the pointer."""
    chart = page.locator(f"[id='{PRICE}']")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    before, top = shown(page), page.evaluate("scrollY")
    page.mouse.wheel(0, 120)
    page.wait_for_function("top => scrollY > top", arg=top)
    assert shown(page) == before
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    page.keyboard.up("Control")
    settle(page)
    seen = shown(page)
    assert before["start"] < seen["start"]
    assert seen["end"] < before["end"]


def test_a_click_in_the_table_leads_to_the_trade(page: Page, run: Path) -> None:
    """Of either symbol: its candles are shown, its prices are marked to the last digit, and its levels are drawn."""
    trades = trades_of(run)
    for symbol in ("ETHUSDT", "BTCUSDT"):
        trade = next(each for each in trades if each["symbol"] == symbol and each["target_price"])
        page.locator("section.trades input").first.fill(trade["trade_id"])
        page.locator(f"tr[data-trade='{trade['trade_id']}'] button").click()
        settle(page)
        seen, marks = shown(page), columns(page, MARKS)
        assert page.locator(".prices .chosen").text_content() == f"trade {trade['trade_id']}"
        assert page.locator(".prices select").evaluate("each => each.selectedOptions[0].textContent") == symbol
        assert seen["start"] < ms(trade["entry_ts"]) <= ms(trade["exit_ts"]) < seen["end"]
        assert float(trade["entry_price"]) in marks["y"]
        assert float(trade["exit_price"]) in marks["y"]
        levels = columns(page, "run0.levels_seen")["y0"]
        assert {float(trade[name]) for name in ("target_price", "liquidation_price")} <= set(levels)
        top = page.locator(".prices").evaluate("each => each.getBoundingClientRect().top")
        assert -5 < top < 400


def test_from_trade_to_trade(page: Page, run: Path) -> None:
    """The arrows lead to the first trade, back to the last one, and on to the first again."""
    count = len(trades_of(run))
    said = page.locator(".prices .chosen")
    page.locator(".prices button[data-step='1']").click()
    assert said.text_content() == "trade 1"
    page.locator(".prices button[data-step='-1']").click()
    assert said.text_content() == f"trade {count}"
    page.locator(".prices button[data-step='1']").click()
    assert said.text_content() == "trade 1"


def test_a_feature_holds_from_the_close_of_its_bar(page: Page) -> None:
    """A value of 4h is drawn from a close of 4h to the next, level all the way: nothing is known before its time."""
    look(page, ms("2024-01-10T00:00Z"), ms("2024-01-12T00:00Z"))
    names = page.locator(".prices .legend label").all_text_contents()
    place = next(place for place, name in enumerate(names) if name.strip().startswith("htf."))
    line = columns(page, f"run0.line{place}")
    pairs = list(zip(line["x"][::2], line["x"][1::2], line["y"][::2], line["y"][1::2], strict=True))
    assert len(pairs) >= 12
    for start, end, first, last in pairs:
        assert start % (4 * HOUR) == 0
        assert (end - start, first) == (4 * HOUR, last)


def test_a_feature_is_hidden_by_its_box(page: Page) -> None:
    """Unchecked, a feature among the candles is not drawn, and one in a pane takes its pane along."""
    boxes = page.locator(".prices input[data-line]")
    panes = {
        int(each) for each in page.locator("[data-pane]").evaluate_all("all => all.map(each => each.dataset.pane)")
    }
    assert panes
    for place in range(boxes.count()):
        boxes.nth(place).uncheck()
        settle(page)
        assert columns(page, f"run0.line{place}") == {"x": [], "y": []}
        if place in panes:
            assert page.locator(f"[data-pane='{place}']").is_hidden()


def test_what_is_pointed_at_is_told(page: Page, run: Path) -> None:
    """The balance under the pointer is a row of equity_curve.csv; of prices the candle is told, and then the span."""
    with (run / "equity_curve.csv").open(newline="") as rows:
        recorded = {round(float(row["equity_usdt"]), 8) for row in csv.DictReader(rows)}
    chart = page.locator("[id='run0.equity']")
    chart.scroll_into_view_if_needed()
    chart.hover(position={"x": 300, "y": 100})
    page.wait_for_function("document.querySelector('.account .readout').textContent.includes('equity')")
    said = page.locator(".account .readout").text_content() or ""
    assert float(said.split("equity ")[1].split()[0].replace(",", "")) in recorded
    prices = page.locator(f"[id='{PRICE}']")
    prices.scroll_into_view_if_needed()
    prices.hover(position={"x": 300, "y": 200})
    page.wait_for_function("document.querySelector('.prices .readout').textContent.includes(' C ')")
    page.mouse.move(1, 1)
    page.wait_for_function("document.querySelector('.prices .readout').textContent.includes('candles of')")


def test_two_runs_have_charts_of_their_own(run: Path, open_page: Opens, tmp_path: Path) -> None:
    """Side by side: a row of the second run's table leads to the second run's charts, and leaves the first alone."""
    project = Path(shutil.copytree(run.parents[3], tmp_path / "project"))
    assert btcli("run", "--set", "costs.slippage_bps=9", cwd=project).code == 0
    ids = sorted(path.name for path in (project / "runs").glob("*/*/*"))
    assert btcli("report", *ids, "--out", "both.html", cwd=project).code == 0
    page = drawn(open_page((project / "both.html").read_bytes()))
    page.locator("article[data-run='1'] tr[data-trade='3'] button").click()
    settle(page)
    said = page.locator(".prices .chosen").all_text_contents()
    assert said == ["trades", "trade 3"]
    assert (59, 130, 246) in colors_of(page, "beside.equity")


CARDS = {
    "Return": ("return_pct", "+,.2f"),
    "Net profit, USDT": ("net_profit_usdt", "+,.2f"),
    "CAGR": ("cagr_pct", "+,.2f"),
    "Sharpe": ("sharpe", ",.2f"),
    "Sortino": ("sortino", ",.2f"),
    "Calmar": ("calmar", ",.2f"),
    "Max drawdown": ("max_drawdown_pct", ",.2f"),
    "Trades": ("trades", ","),
    "Won": ("win_rate_pct", ",.2f"),
    "Profit factor": ("profit_factor", ",.2f"),
    "In the market": ("exposure_pct", ",.2f"),
}


def test_the_first_figures_are_those_of_the_metrics(page: Page, run: Path) -> None:
    """Each card is the figure of metrics.json, rounded to two decimals."""
    metrics = json.loads((run / "metrics.json").read_text())
    names, values = (page.locator(f".figures .card {tag}").all_text_contents() for tag in ("dt", "dd"))
    said = dict(zip(names, values, strict=True))
    for name, (key, form) in CARDS.items():
        unit = " %" if key.endswith("_pct") else ""
        assert said[name] == f"{metrics[key]:{form}}{unit}", name


def test_every_row_of_the_table_is_one_of_the_trades(page: Page, run: Path) -> None:
    """All pages have each trade of trades.csv once, by its number: prices to the last digit, amounts to the cent."""
    table = page.locator("section.trades")
    keys = table.locator("th").evaluate_all("all => all.map(each => each.dataset.column)")
    rows: list[list[str]] = []
    while True:
        cells = "all => all.map(row => [...row.cells].map(cell => cell.textContent))"
        rows += table.locator("tbody tr").evaluate_all(cells)
        if table.locator(".after").is_disabled():
            break
        table.locator(".after").click()
    trades = sorted(trades_of(run), key=lambda trade: int(trade["trade_id"]))
    assert len(rows) == len(trades)
    for row, trade in zip(rows, trades, strict=True):
        said = dict(zip(keys, row, strict=True))
        for key in ("trade_id", "symbol", "side"):
            assert said[key] == trade[key]
        assert [said[key] for key in ("entry_ts", "exit_ts")] == [
            trade[key][:16].replace("T", " ") for key in ("entry_ts", "exit_ts")
        ]
        for key in ("qty", "entry_price", "exit_price"):
            assert float(said[key]) == float(trade[key])
        for key in ("net_pnl_usdt", "fees_usdt", "funding_usdt", "mae_usdt", "mfe_usdt"):
            assert said[key] == f"{float(trade[key]) + 0.0:,.2f}".replace("-0.00", "0.00")


def test_on_a_phone_two_fingers_zoom_and_one_scrolls(run: Path, browser: Browser) -> None:
    """Spread fingers show less time; a finger that moves up scrolls the page and leaves the charts as they are."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto((run / "report.html").as_uri())
    drawn(page)
    chart = page.locator(f"[id='{PRICE}']")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    x, y, touch = box["x"] + 170, box["y"] + 200, context.new_cdp_session(page)

    def move(*ways: tuple[float, float]) -> None:
        """Each finger from the middle of the chart along its way, in ten steps."""
        for step in range(11):
            at = [(x + dx * step / 10, y + dy * step / 10) for dx, dy in ways]
            points = [{"x": each[0], "y": each[1], "id": finger} for finger, each in enumerate(at)]
            kind = "touchMove" if step else "touchStart"
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        settle(page)

    whole, top = shown(page), page.evaluate("scrollY")
    move((0.0, -150.0))
    page.wait_for_function("top => scrollY > top", arg=top)
    assert shown(page) == whole
    move((-80.0, 0.0), (80.0, 0.0))
    seen = shown(page)
    assert seen["end"] - seen["start"] < whole["end"] - whole["start"]
    context.close()
