"""Names of every kind on a whole page in a browser: they are read, and nothing of them runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from recorded_values import trades_of
from test_report_html import HOSTILE
from test_report_sections import named

from btcli.market.series import Bars
from btcli.report.content import Line, RunContent
from btcli.report.html import plain
from btcli.report.page import page_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

Opens = Callable[..., "Page"]
HOUR = 3_600_000
START = 1_704_067_200_000
NAMES = [name.encode(errors="replace").decode() for name in HOSTILE if name]
SHOWN = [" ".join(plain(name).split()) for name in NAMES]
ODD_ATTRIBUTES = """() => [...document.querySelectorAll("*")]
  .flatMap(each => [...each.attributes].filter(({name}) => name.startsWith("on") || name === "src" || name === "href"))
  .filter(({value}) => !value.startsWith("#")).length"""


def hostile(kind: str) -> RunContent:
    """A run named by one kind, whose tags, reasons, symbols and features are named by each."""
    opened = START + np.arange(3, dtype=np.int64) * HOUR
    price = np.array([100.0, 101.0, 102.0])
    bars = Bars(opened, opened + HOUR, price, price, price, price, np.zeros(3))
    known = (opened + HOUR).astype(np.float64)
    lines = tuple(Line("ltf", "1h", name, name, known, price) for name in NAMES)
    trades = trades_of([{"tag": name, "symbol": name, "exit_reason": name} for name in NAMES])
    return replace(
        named(kind),
        candles=dict.fromkeys(NAMES, bars),
        features={NAMES[0]: lines},
        trades=trades,
    )


@pytest.mark.parametrize("kind", ["</script><script>alert(1)</script>", "$$\\int$$", '" onmouseover="alert(1)'])
def test_names_are_read_and_nothing_runs(open_page: Opens, kind: str) -> None:
    """No dialog, no script, picture or link of a name, no formula set, no request; every name stands as it is."""
    page = open_page(page_of([hostile(kind)]))
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.wait_for_selector("html[data-drawn]", state="attached")
    assert page.title().split() == plain(kind).split()
    legend = page.locator(".prices .legend label strong").all_text_contents()
    assert [" ".join(each.split()) for each in legend] == [" ".join(f"ltf.{plain(name)}".split()) for name in NAMES]
    options = page.locator(".prices select option").all_text_contents()
    assert [" ".join(each.split()) for each in options] == SHOWN
    heads = page.locator("table.all-trades th").evaluate_all("all => all.map(each => each.dataset.column)")
    cells = page.locator(f"table.all-trades tbody td:nth-child({heads.index('tag') + 1})").all_text_contents()
    assert [" ".join(each.split()) for each in cells] == SHOWN
    page.locator(".prices select").select_option(str(len(NAMES) - 1))
    page.locator(".prices").locator("[id='run0.price']").hover()
    page.wait_for_function("document.querySelector('.prices .readout').textContent.includes('UTC')")
    assert page.evaluate(ODD_ATTRIBUTES) == 0
    assert page.locator("img, iframe, object, embed, mjx-container, .MathJax, form").count() == 0
    assert page.locator("script").count() == len(page_scripts(page))
    assert asked == []


def page_scripts(page: Page) -> list[str]:
    """The scripts of a page without names: three sources and the blocks of values of charts and trades."""
    kinds = page.locator("script").evaluate_all("all => all.map(each => each.type + each.className)")
    assert sorted(kinds) == ["", "", "", "application/jsoncharts", "application/jsontrade-rows"]
    return kinds


def test_a_name_can_neither_end_a_script_nor_the_page() -> None:
    """The bytes of the page have each of its own elements once, whatever is said in it."""
    page = page_of([hostile(kind) for kind in NAMES[:3]]).decode()
    assert page.count("</html>") == page.count("</body>") == page.count("</head>") == 1
    assert page.count("<script") == page.count("</script") == 3 + 1 + 3
