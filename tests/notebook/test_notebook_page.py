"""docs/notebook.md says what the frames hold, column by column."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from recorded_runs import recorded_run

import btcli
from btcli.exchange.book.codes import EVENT_NAMES
from btcli.exchange.face.fields import LAYOUTS, SHARE_WARNED
from btcli.exchange.face.telling_wishes import SIGNAL

PAGE = (Path(__file__).parents[2] / "docs" / "notebook.md").read_text(encoding="utf-8")
PLAIN = {"Int64": pl.Int64(), "Float64": pl.Float64(), "String": pl.String(), "Boolean": pl.Boolean(),
         "Datetime(ms, UTC)": pl.Datetime("ms", "UTC")}  # fmt: skip
OF_EARLIER_RUNS = {"signal": {"expires_after"}}
OF_THE_RUN = {
    "run_started": {"venue", "symbols", "timeframes", "start", "end", "path", "initial_equity_usdt", "steps"},
    "run_finished": {"status", "steps", "decisions", "final_equity_usdt"},
    "signal": {"size", "targets"},
    "ready": {"ready", "reasons"},
}
OF_ALL = {"seq", "ts", "event", "symbol"}


def told_type(text: str) -> pl.DataType:
    """A type as the page writes it."""
    if text in PLAIN:
        return PLAIN[text]
    if text.startswith("List("):
        return pl.List(told_type(text[5:-1]))
    names, _, kind = text.removeprefix("Struct(").removesuffix(")").partition(": ")
    return pl.Struct(dict.fromkeys(names.split(", "), PLAIN[kind]))


def table(title: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    section = PAGE.partition(f"\n### {title}\n")[2].partition("\n#")[0]
    return [
        [cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\| `.*$", section, re.MULTILINE)
    ]


def schema(title: str) -> pl.Schema:
    return pl.Schema({row[0].strip("`"): told_type(row[1]) for row in table(title)})


@pytest.mark.parametrize("name", ["orders", "liquidations"])
def test_the_frames_of_a_run_are_as_the_page_says(tmp_path: Path, name: str) -> None:
    """Names, types and order of all three."""
    run = btcli.open_run(recorded_run(tmp_path, name))
    assert run.trades.schema == schema("trades")
    assert run.equity.schema == schema("equity")
    assert run.events.schema == schema("events")


def test_every_column_has_a_meaning_and_every_amount_its_unit() -> None:
    """No cell of a meaning is empty, and a name that ends in a unit has that one."""
    for title in ("trades", "equity", "events"):
        for name, _, unit, meaning, *_ in table(title):
            assert meaning
            assert unit == "USDT" or not name.strip("`").endswith("_usdt")
            assert unit == "USDT per coin" or not name.strip("`").endswith("_price")


@pytest.mark.parametrize("kind", EVENT_NAMES.values())
def test_the_page_says_which_events_have_which_fields(kind: str) -> None:
    """What the exchange can tell of an event, and what the page names it for, are the same."""
    (number,) = [each for each, name in EVENT_NAMES.items() if name == kind]
    layouts = (
        *LAYOUTS.get(number, ()),
        *(SHARE_WARNED if kind == "warned" else ()),
        *(SIGNAL if kind == "signal" else ()),
    )
    fields = {field.name for field in layouts} | OF_THE_RUN.get(kind, set()) | OF_EARLIER_RUNS.get(kind, set())
    assert told_fields(kind) == fields


@pytest.mark.parametrize("kind", ["run_started", "run_finished"])
def test_the_page_says_what_the_run_itself_tells(kind: str) -> None:
    """The first and the last line of every run."""
    assert told_fields(kind) == OF_THE_RUN[kind]


def told_fields(kind: str) -> set[str]:
    """The columns whose row names a kind of event; those of all events aside."""
    rows = table("events")
    assert {row[0].strip("`") for row in rows if row[4] == "all"} == OF_ALL
    return {row[0].strip("`") for row in rows if f"`{kind}`" in row[4].split(", ")}


def test_the_first_and_last_line_of_a_run_have_what_the_page_says(tmp_path: Path) -> None:
    """Of a recorded run, every other column is null there."""
    events = btcli.open_run(recorded_run(tmp_path, "orders")).events
    for place, kind in ((0, "run_started"), (-1, "run_finished")):
        row = {name for name, value in events.row(place, named=True).items() if value is not None}
        assert row - OF_ALL == told_fields(kind)


def test_the_calls_of_quantstats_give_the_ratio_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    """Both blocks of the page print the Sharpe ratio of metrics.json, where quantstats is installed."""
    pytest.importorskip("quantstats")
    from btcli.workflows.runs.export import RunExportRequest, To, export_run

    run = recorded_run(tmp_path, "orders")
    export_run(RunExportRequest(run, To.QUANTSTATS, tmp_path / "returns.csv"))
    monkeypatch.chdir(tmp_path)
    blocks = [block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "quantstats" in block]
    assert len(blocks) == 2
    for block in blocks:
        exec(block, {})
        assert float(capsys.readouterr().out) == pytest.approx(btcli.open_run(run).metrics["sharpe"], rel=1e-9)
