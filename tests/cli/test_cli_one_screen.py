"""The summary on one screen of 80 by 24, and the curve that is drawn on it."""

from __future__ import annotations

import json
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import only_run, say, small_world
from hypothesis import given
from hypothesis import strategies as st

from btcli.cli.edge.screen import PlainConsole
from btcli.cli.shown.brief import Brief
from btcli.cli.shown.chart import chart, strokes
from btcli.cli.shown.summary_of import SummaryOf
from btcli.story.records import read_record

SCREEN = 24 - 2  # the command above it, the prompt below


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one run."""
    folder = small_world(tmp_path_factory.mktemp("screen") / "small")
    assert say(folder, "run").code == 0
    return folder


def drawn(run: SummaryOf, width: int = 80, encoding: str = "utf-8") -> list[str]:
    """The lines of the screen on a terminal."""

    class Page(StringIO):
        @property
        def encoding(self) -> str:  # type: ignore[override]
            return encoding

    page = Page()
    PlainConsole(file=page, width=width, force_terminal=True, color_system=None, highlight=False).print(Brief(run))
    return page.getvalue().splitlines()


def summary_of(world: Path, **changed: Any) -> SummaryOf:
    """The run of the world with other metrics, and a curve of 600 points that falls."""
    record = read_record(only_run(world))
    folder = only_run(world).relative_to(world)
    return SummaryOf(folder, record.manifest, {**record.metrics, **changed}, [float(600 - n) for n in range(600)])


TROUBLE: dict[str, Any] = {
    "findings": [
        {"code": f"F{n}", "severity": "doubt", "message": f"finding {n} " + "with words " * 5} for n in range(9)
    ],
    "refusals_by_code": {"BELOW_MIN_QTY": 1200, "STOP_BEYOND_FILL": 30},
    "first_refusals": {},
    "ambiguous_trades": 1234,
    "window_before_first_decision_pct": 12.0,
    "paths": {
        path: {"status": "END_OF_DATA", "final_equity_usdt": 1e7 + n, "max_drawdown_pct": 1.0, "trades": 9}
        for n, path in enumerate(("pessimistic", "adaptive", "optimistic"))
    },
}


def test_the_screen_fits_with_all_that_can_be_wrong(world: Path) -> None:
    """Nine findings, refusals, a late decision and three outcomes: the curve gives way, and 24 lines are enough."""
    record = read_record(only_run(world))
    late = {**TROUBLE, "first_decision_ts": "2024-01-05T00:00:00.000Z"}
    late["since_first_decision"] = {
        "return_pct": 1.0, "sharpe": 1.0, "exposure_pct": 1.0, "buy_and_hold_pct": {"BTCUSDT": 1.0},
    }  # fmt: skip
    assert record.metrics["decisions"] > 0
    lines = drawn(summary_of(world, **late))
    assert len(lines) <= SCREEN
    assert max(map(len, lines)) <= 80


BUSY: dict[str, Any] = {
    "trades": 137_120,
    "long": {"trades": 68_560},
    "short": {"trades": 68_560},
    "buy_and_hold_pct": {"BTCUSDT": 117.38, "ETHUSDT": -12.5, "SOLUSDT": None},
    "final_equity_usdt": 123_456_789.25,
    "fees_usdt": 1_234_567.89,
    "turnover_usdt": 2_345_678_901.0,
    "sharpe": -123.45,
    "calmar": -1.5,
}


def test_a_busy_run_keeps_two_columns(world: Path) -> None:
    """Many trades, large sums and several symbols: the figures still stand side by side on 80 columns."""
    lines = drawn(summary_of(world, **BUSY))
    assert len(lines) <= SCREEN
    (line,) = (line for line in lines if "Buy and hold" in line)
    assert "mean +52.44 %" in line
    assert "Liquidation" in line
    assert any("Return" in line and "Final equity" in line for line in lines)


def test_what_matters_comes_first(world: Path) -> None:
    """After the name the findings, the gravest three and the number of the others; then result, paths, files, next."""
    findings = [{"code": "F", "severity": "doubt", "message": f"finding {n}"} for n in range(5)]
    text = "\n".join(drawn(summary_of(world, findings=findings, ambiguous_trades=1234)))
    order = ["small · jan", "doubt    finding 0", "and 2 more", "Return", "Equity", "Paths", "Files", "Next"]
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    assert "finding 3" not in text
    for word in ("CAGR", "Sharpe", "Max drawdown", "Buy and hold", "Trades", "Costs", "1,234 of"):
        assert word in text


def test_the_commands_that_are_next_can_be_pasted(world: Path) -> None:
    """They name the run by its id, and by its folder where btcli would not look for it; each gives an answer."""
    run_id = only_run(world).name
    shown = say(world, "show", "latest").out
    assert f"btcli show {run_id} --full" in shown
    assert say(world, "show", run_id, "--full").code == 0
    elsewhere = world / "else where"
    elsewhere.mkdir(exist_ok=True)
    assert say(world, "run", "--out", elsewhere).code == 0
    assert f"btcli report '{elsewhere}/small/jan/{run_id}'\n" in say(world, "show", "latest", "--out", elsewhere).out


def test_full_has_every_line_there_is(world: Path) -> None:
    """Costs by kind, the three paths, exits, specs, formula and preflight stand in the whole summary alone."""
    brief, full = (say(world, "show", "latest", *more).out for more in ((), ("--full",)))
    for word in ("taker fees", "(adaptive)", "Exits", "Instruments", "Preflight", "Margin"):
        assert word in full
        assert word not in brief
    assert len(brief.splitlines()) <= SCREEN


def test_run_and_show_draw_the_same_curve(world: Path) -> None:
    """What the process that made it remembers is what the file says."""

    def curve(out: str) -> list[str]:
        lines = out.splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("  Equity"))
        return lines[start : lines.index("", start)]

    made = say(world, "run", "--set", "costs.slippage_bps=3", "--out", "drawn")
    assert curve(made.out) == curve(say(world, "show", "latest", "--out", "drawn").out)


@pytest.mark.parametrize("damage", ["2024-01-02T00:00:00.000Z,abc,1\n", "2024-01-02T00:00:00.000Z\n", "x,nan,\n"])
def test_a_damaged_curve_is_a_warning(world: Path, damage: str, tmp_path: Path) -> None:
    """The summary stands without it, and the line is named."""
    path = only_run(world) / "equity_curve.csv"
    whole = path.read_bytes()
    path.write_bytes(whole + damage.encode())
    try:
        said = say(world, "show", "latest")
    finally:
        path.write_bytes(whole)
    assert said.code == 0
    assert "Equity" not in said.out
    assert "Return" in said.out
    line = len(whole.splitlines()) + 1
    assert f"equity_curve.csv:{line} is not what a run writes" in said.err


def test_json_is_as_it_was(world: Path) -> None:
    """The machine's answer of run and show has no word of the screen; --full changes nothing of it."""
    brief, full = (say(world, "show", "latest", *more, "--json").out for more in ((), ("--full",)))
    assert json.loads(brief)["data"] == json.loads(full)["data"]
    assert list(json.loads(brief)["data"]) == ["run_dir", "run_id", "status", "metrics", "instruments", "trials"]


def test_a_curve_by_hand() -> None:
    """Four values on two cells of one row: levels 0 to 3, each stroke reaching to the one before."""
    assert strokes([0.0, 1.0, 2.0, 3.0], 4, 4) == [(0, 0), (0, 1), (1, 2), (2, 3)]
    # dots from the lowest: left 0x40 0x04 0x02 0x01, right 0x80 0x20 0x10 0x08
    assert chart([0.0, 1.0, 2.0, 3.0], 2, 1, plain=False) == [chr(0x2800 + 0x40 + 0x80 + 0x20) + chr(0x2800 + 6 + 24)]
    assert chart([0.0, 0.0, 9.0, 9.0], 4, 2, plain=True) == ["  |'", "..| "]


def test_a_spike_among_thousands_is_seen() -> None:
    """One value at the top stands in the top row, whatever the width; an equity that does not move is a line."""
    values = [1.0] * 5000
    values[2500] = 100.0
    top, *_ = chart(values, 40, 3, plain=True)
    assert top.strip()
    assert len(top) == 40
    flat = chart([5.0, 5.0], 10, 3, plain=True)
    assert sum(bool(line.strip()) for line in flat) == 1


@given(
    values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=300),
    width=st.integers(1, 70),
    rows=st.integers(1, 5),
)
def test_every_curve_has_its_size_and_its_extremes(values: list[float], width: int, rows: int) -> None:
    """Lines of one width, the highest level and the lowest reached, strokes that touch; also of numbers far apart."""
    levels = 4 * rows
    each = strokes(values, width, levels)
    assert all(0 <= low <= high < levels for low, high in each)
    assert all(one.low <= other.high and other.low <= one.high for one, other in pairwise(each))
    for plain in (True, False):
        assert [len(line) for line in chart(values, width, rows, plain=plain)] == [width] * rows
    if width >= len(values) and max(values) / 2 > min(values) / 2:
        assert (min(low for low, _ in each), max(high for _, high in each)) == (0, levels - 1)


@pytest.mark.parametrize(("encoding", "term"), [("ascii", "xterm"), ("latin-1", "xterm"), ("utf-8", "linux")])
def test_a_terminal_without_such_characters(
    world: Path, encoding: str, term: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An encoding that lacks them, and the bare console, get a curve of ASCII."""
    monkeypatch.setenv("TERM", term)
    lines = drawn(summary_of(world), encoding=encoding)
    start = next(number for number, line in enumerate(lines) if line.startswith("  Equity"))
    curve = lines[start : lines.index("", start)]
    assert len(curve) >= 2
    assert all(line.isascii() for line in curve)
    assert any(sign in "".join(curve) for sign in "|'.-")
