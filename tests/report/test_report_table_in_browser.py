"""The table of trades as a browser draws it: sorted, narrowed down, turned over, and its colours readable."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from recorded_values import METRICS, trades_of
from report_contents import content

from btcli.report.content import RunContent
from btcli.report.html import element, own_source
from btcli.report.page import page_of
from btcli.report.sections.trades import trades

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

Opens = Callable[..., "Page"]
NET = (1.005, -0.125, 0.375, -1234.565, 0.0, 0.004, 99.995)
ROWS: list[dict[str, Any]] = [
    {
        "net_pnl_usdt": NET[place % len(NET)] + (place // len(NET)) * 1000.0,
        "side": "short" if place % 3 else "long",
        "symbol": "ETHUSDT" if place % 2 else "BTCUSDT",
        "tag": None if place % 5 == 0 else f"<b>tag {place % 4}</b>",
        "entry_price": 1e-7 * (place + 1),
        "qty": place + 0.1,
        "entry_ts": place,
        "exit_ts": place + 2,
    }
    for place in range(230)
]


@pytest.fixture
def table(open_page: Opens) -> Page:
    """The table of 230 trades of two symbols alone, with the page's own style and script."""
    return open_page(_alone(content(trades=trades_of(ROWS))))


def _alone(*runs: RunContent) -> bytes:
    """The trades of runs without charts, which take a second to draw."""
    assets = files("btcli.report") / "assets"
    style, script = ((assets / name).read_text("utf-8") for name in ("page.css", "page.js"))
    drawn = (element("article", trades(run), data_run=place) for place, run in enumerate(runs))
    body = element("body", *drawn, own_source("script", script))
    head = element("head", element("meta", charset="utf-8"), own_source("style", style))
    return element("html", head, body).encode()


def column(page: Page, key: str) -> list[str]:
    """The texts of a column, as they are drawn."""
    heads = page.locator("table.all-trades th").evaluate_all("all => all.map(each => each.dataset.column)")
    return page.locator(f"table.all-trades tbody td:nth-child({heads.index(key) + 1})").all_text_contents()


def press(page: Page, key: str) -> None:
    page.locator(f'th[data-column="{key}"] button').click()


def test_a_hundred_rows_at_a_time_in_the_order_of_the_trades(table: Page) -> None:
    """230 trades are three pages; the last has 30, and there is nothing beyond it."""
    assert column(table, "trade_id") == [str(number) for number in range(1, 101)]
    assert table.locator(".where").text_content() == "1 to 100 of 230"
    assert table.locator(".before").is_disabled()
    table.locator(".after").click()
    table.locator(".after").click()
    assert column(table, "trade_id") == [str(number) for number in range(201, 231)]
    assert table.locator(".where").text_content() == "201 to 230 of 230"
    assert table.locator(".after").is_disabled()
    table.locator(".before").click()
    assert table.locator(".where").text_content() == "101 to 200 of 230"


def test_every_amount_is_that_of_the_trade(table: Page) -> None:
    """To the cent as the terminal rounds it, also where a cent is halved: -0.125 is -0.12."""
    said = column(table, "net_pnl_usdt")
    assert said[:7] == ["1.00", "-0.12", "0.38", "-1,234.57", "0.00", "0.00", "100.00"]
    assert said == [f"{row['net_pnl_usdt']:,.2f}".replace("-0.00", "0.00") for row in ROWS[:100]]
    assert column(table, "qty") == [repr(row["qty"]) for row in ROWS[:100]]
    assert [float(price) for price in column(table, "entry_price")] == [row["entry_price"] for row in ROWS[:100]]
    assert column(table, "entry_ts")[:2] == ["2024-01-01 00:00", "2024-01-01 01:00"]


def test_a_heading_sorts_by_its_column_and_again_the_other_way(table: Page) -> None:
    """Figures from the greatest down first, words from their first letter on."""
    press(table, "net_pnl_usdt")
    down = [float(said.replace(",", "")) for said in column(table, "net_pnl_usdt")]
    assert down == sorted(down, reverse=True)
    assert down[0] == 32001.01  # 1.005 in the 33rd round of seven, the last one
    assert table.locator('th[aria-sort="descending"]').get_attribute("data-column") == "net_pnl_usdt"
    press(table, "net_pnl_usdt")
    up = [float(said.replace(",", "")) for said in column(table, "net_pnl_usdt")]
    assert up == sorted(up)
    press(table, "symbol")
    assert set(column(table, "symbol")) == {"BTCUSDT"}
    assert column(table, "trade_id")[:3] == ["1", "3", "5"]


def test_fields_narrow_down_together(table: Page) -> None:
    """Long trades of one symbol that won; the count says how many there are."""
    table.locator('select[data-column="side"]').select_option(label="long")
    assert table.locator(".matching").text_content() == "77 of 230 trades match"
    table.locator('select[data-column="symbol"]').select_option(label="ETHUSDT")
    table.locator("select.result").select_option(label="won")
    wanted = [
        str(number)
        for number, row in enumerate(ROWS, 1)
        if row["side"] == "long" and row["symbol"] == "ETHUSDT" and row["net_pnl_usdt"] > 0.0
    ]
    assert column(table, "trade_id") == wanted
    assert table.locator(".matching").text_content() == f"{len(wanted)} of 230 trades match"


def test_the_box_looks_for_letters_and_for_a_number(table: Page) -> None:
    """Capitals do not matter; a number is that of the trade; what no trade has leaves none."""
    box = table.locator("input.has")
    box.fill("TAG 3")
    assert column(table, "tag") == ["<b>tag 3</b>"] * 46
    box.fill("17")
    assert column(table, "trade_id") == ["17"]
    box.fill("nothing of the kind")
    assert column(table, "trade_id") == []
    assert table.locator(".matching").text_content() == "0 of 230 trades match"
    assert table.locator(".where").text_content() == ""


def test_trades_without_a_tag_can_be_asked_for(table: Page) -> None:
    """They are the 46 whose signal had none."""
    table.locator('select[data-column="tag"]').select_option(label="none")
    assert column(table, "tag") == ["–"] * 46


def test_a_row_leads_to_its_trade(table: Page) -> None:
    """Its number is a button for those who use no mouse, and the row carries it for the charts."""
    press(table, "trade_id")
    first = table.locator("table.all-trades tbody tr").first
    assert first.get_attribute("data-trade") == first.locator("button").text_content() == "230"


def test_two_runs_have_a_table_each(open_page: Opens) -> None:
    """Narrowing one down leaves the other as it is."""
    page = open_page(_alone(content(trades=trades_of(ROWS)), content(trades=trades_of(ROWS[:7]))))
    page.locator("input.has").first.fill("17")
    assert page.locator(".matching").all_text_contents() == ["1 of 230 trades match", "7 of 7 trades match"]


UNREADABLE = """() => {
  const channel = value => value <= 0.04045 * 255 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parts = said => (said.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const over = ([r, g, b, share = 1], under) => [r, g, b].map((value, i) => value * share + under[i] * (1 - share));
  const own = each => parts(getComputedStyle(each).backgroundColor);
  const ground = each => each ? over(own(each), ground(each.parentElement)) : [255, 255, 255];
  const found = new Set();
  for (const each of document.querySelectorAll("body *")) {
    if (each.closest("svg, script, style, .charts") || !each.checkVisibility() || each.disabled) continue;
    if (![...each.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())) continue;
    const under = ground(each), ink = over(parts(getComputedStyle(each).color), under);
    const [low, high] = [light(under), light(ink)].sort((one, other) => one - other);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) found.add(`${each.tagName}.${each.className} ${ratio}: ${each.textContent.slice(0, 40)}`);
  }
  return [...found];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_text_can_be_read_and_nothing_is_wider_than_the_screen(open_page: Opens, scheme: str, width: int) -> None:
    """Every text has a contrast of at least 4.5 against its ground (WCAG 2.1, AA); tables scroll inside the page."""
    severities = ("doubt", "warning", "note")
    findings = tuple(
        {"code": "A", "severity": each, "message": "said", "found": 1, "limit": 2, "unit": ""} for each in severities
    )
    monthly = {f"2024-{month:02}": (month - 6) * 2.5 for month in range(1, 13)}
    metrics = {**METRICS, "monthly_returns_pct": monthly, "return_pct": -5.0, "net_profit_usdt": 5.0}
    page = open_page(
        page_of([content(trades=trades_of(ROWS), metrics=metrics, findings=findings)]), width=width, scheme=scheme
    )
    page.evaluate("() => document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert page.evaluate(UNREADABLE) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") == width


def test_without_scripts_a_page_says_what_it_lacks(browser: Browser, tmp_path: Path) -> None:
    """Where scripts are switched off the page says so at its head; where they run nothing is said."""
    file = tmp_path / "page.html"
    file.write_bytes(page_of([content(trades=trades_of(ROWS[:3]))]))
    for runs, said in ((False, 1), (True, 0)):
        context = browser.new_context(java_script_enabled=runs)
        tab = context.new_page()
        tab.goto(file.as_uri())
        assert tab.inner_text("body").count("drawn by the page's own scripts, which are switched off here") == said
        context.close()
