"""What is drawn where, and its description."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from report_contents import content

from btcli.market.series import Bars
from btcli.report.charts.beside import gains_of
from btcli.report.charts.document import described
from btcli.report.charts.drawing import drawn
from btcli.report.charts.equity import curves_of
from btcli.report.charts.price import is_beside_prices, slots_of
from btcli.report.content import Line, Paid, RunContent

HOUR = 3_600_000
START = 1_704_067_200_000


def candles(closes: list[float]) -> Bars:
    """Candles of an hour from the start of 2024, an eighth wide on either side."""
    opened = START + np.arange(len(closes), dtype=np.int64) * HOUR
    close = np.array(closes)
    return Bars(opened, opened + HOUR, close, close + 0.125, close - 0.125, close, np.zeros(len(closes)))


def line(name: str, values: list[float], role: str = "ltf") -> Line:
    """A feature of an hour, known from the first close of 2024 on."""
    ts = START + np.arange(1, len(values) + 1, dtype=np.float64) * HOUR
    return Line(role, "1h", name, "", ts, np.array(values))  # type: ignore[arg-type]


def drawable(**changes: object) -> RunContent:
    """A run with three candles and a feature."""
    bars = {"BTCUSDT": candles([100.0, 101.0, 102.0])}
    features = {"BTCUSDT": (line("mean", [100.0, 100.5, 101.0]), line("rsi", [50.0, 60.0, 70.0]))}
    return content(**{"candles": bars, "features": features, **changes})


@pytest.mark.parametrize(
    ("values", "beside"),
    [
        ([100.0, 100.5, 101.0], True),
        ([129.0, 130.0, 132.0], True),
        ([131.0, 133.0, 135.0], False),
        ([50.0, 60.0, 70.0], False),
        ([np.nan, np.nan, 101.0], True),
        ([np.nan, np.nan, np.nan], False),
        ([], False),
    ],
)
def test_a_feature_near_prices_is_drawn_among_them(values: list[float], beside: bool) -> None:
    """Within three tenths of the closes it is a price; what is never ready is none."""
    assert is_beside_prices(line("any", values), candles([100.0, 101.0, 102.0])) is beside


def test_features_of_all_symbols_share_their_places() -> None:
    """A name has one place and color for all symbols; one that only the second symbol has comes after those."""
    features = {
        "AUSDT": (line("mean", [100.0]), line("rsi", [50.0])),
        "BUSDT": (line("mean", [100.0]), line("own", [100.0], "htf")),
    }
    both = content(candles=dict.fromkeys(features, candles([100.0, 101.0])), features=features)
    slots = slots_of(both)
    assert [(slot.role, slot.name, slot.in_pane) for slot in slots] == [
        ("ltf", "mean", False),
        ("ltf", "rsi", True),
        ("htf", "own", False),
    ]
    assert len({slot.color for slot in slots}) == 3


def test_of_many_panes_three_are_shown_at_first() -> None:
    """Each pane has a box that shows it; the fourth and fifth are not shown before it is used."""
    features = {"BTCUSDT": tuple(line(f"rsi{place}", [50.0, 50.0, 50.0]) for place in range(5))}
    assert [slot.is_shown for slot in slots_of(drawable(features=features))] == [True, True, True, False, False]


def test_bands_hold_what_was_paid() -> None:
    """Equity of 1000 after a fee of 3 and received funding of 1: 1003 before fees, 1002 before all costs."""
    paid = Paid(np.array([START + 5.0]), np.array([3.0]), np.array([-1.0]))
    curves = curves_of(content(paid=paid))
    assert curves.equity.tolist() == [1000.0, 1000.0]
    assert curves.before_fees.tolist() == [1003.0, 1003.0]
    assert curves.before_costs.tolist() == [1002.0, 1002.0]


def test_margin_of_an_account_without_equity_is_not_drawn_as_infinite() -> None:
    """Half the equity in use is 50 percent; where there is no equity left it is zero."""
    equity = content().equity.with_columns(
        pl.Series("equity_usdt", [1000.0, 0.0]), pl.Series("used_margin_usdt", [500.0, 10.0])
    )
    assert curves_of(content(equity=equity)).margin.tolist() == [50.0, 0.0]


def test_runs_beside_each_other_begin_at_nothing() -> None:
    """The return so far is percent of the first row: 1000 to 1100 is 10."""
    equity = content().equity.with_columns(pl.Series("equity_usdt", [1000.0, 1100.0]))
    ts, gained = gains_of(content(equity=equity))
    assert gained.tolist() == pytest.approx([0.0, 10.0], abs=1e-12)
    assert ts.tolist() == [1_704_067_500_000.0, 1_704_067_800_000.0]


def test_the_description_does_not_tell_what_was_described_before() -> None:
    """bokeh counts its models through the whole process; here the second description equals the first."""
    first, second = (json.dumps(drawn([drawable()]).described) for _ in range(2))
    assert first == second


def test_what_bokeh_is_told_by_its_user_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compression, ids and defaults may be set for bokeh in the environment; the description stays the same."""
    plainly = json.dumps(drawn([drawable()]).described)
    for name, value in (("COMPRESSION_LEVEL", "1"), ("SIMPLE_IDS", "no"), ("SERIALIZE_INCLUDE_DEFAULTS", "yes")):
        monkeypatch.setenv(f"BOKEH_{name}", value)
    assert json.dumps(drawn([drawable()]).described) == plainly


def test_models_are_counted_from_one() -> None:
    """Ids are p1, p2 … without a gap, and those of the roots are told in the order of the roots."""
    from bokeh.models import Plot

    told = described([Plot(name="one"), Plot(name="two")])
    ids = {int(each) for each in re.findall(r'"id": "p(\d+)"', json.dumps(told))}
    assert ids == set(range(1, len(ids) + 1))
    assert told["roots"] == [each["id"] for each in told["doc"]["roots"]]
    assert [each["attributes"]["name"] for each in told["doc"]["roots"]] == ["one", "two"]


def test_no_text_of_a_user_is_in_the_description() -> None:
    """Names of runs, symbols and features are in the page's own elements, never where bokeh would draw them."""
    odd = "<b>$$x$$@{y}"
    run = drawable(
        name=odd,
        candles={odd: candles([100.0])},
        features={odd: (line(odd, [100.0])._replace(expression=odd),)},
        timeframes={"ltf": odd},
    )
    assert odd not in json.dumps(drawn([run, replace(run, name=odd)]).described)


def test_arrays_are_never_whole_numbers_of_64_bit() -> None:
    """A browser gets int16, int32 or float64; bokeh would write int64 as text, four times as long."""
    told = json.dumps(drawn([drawable()]).described)
    assert '"dtype": "int16"' in told
    assert "int64" not in told


def test_a_run_without_candles_has_its_account_alone() -> None:
    """The charts of prices are left out, and nothing of them is described."""
    charts = drawn([content()])
    assert charts.described["targets"] == ["run0.equity", "run0.drawdown", "run0.margin"]
    assert "prices" not in charts.described["runs"][0]


def test_a_run_without_a_row_has_no_chart() -> None:
    """An account that no close was recorded of is drawn as nothing, not as an error."""
    charts = drawn([content(equity=content().equity.clear())])
    assert charts.described["roots"] == []
