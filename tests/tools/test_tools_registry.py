"""Tools by name: what a call leaves behind, and how wrong calls are answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from btcli.errors import AccessError, RequestError
from btcli.market.series import Series
from btcli.market.store.where import Store
from btcli.tools import SeriesRange, Tool, ToolRegistry, ToolReport, registry_for

SERIES = Series("binance", "BTCUSDT", "trade", "5m")


def fetch(series: Series, path: Path, ranges: tuple[tuple[int, int], ...] = ()) -> ToolReport:
    return ToolReport(7, (SeriesRange(series, 100, 200),), "7 rows", True)


def refuse() -> ToolReport:
    raise AccessError("not today")


def test_a_result_says_what_was_called_and_what_came_of_it() -> None:
    """Name, arguments, rows, ranges, outcome and duration are all there, and JSON can hold them."""
    result = ToolRegistry([Tool("fetch", fetch)]).execute(
        "fetch", series=SERIES, path=Path("/some/where/x.csv"), ranges=((1, 2),)
    )
    said = json.loads(json.dumps(result.to_dict()))
    assert said.pop("duration_s") >= 0
    assert said == {
        "name": "fetch",
        "arguments": {"series": "binance BTCUSDT trade 5m", "path": "x.csv", "ranges": [[1, 2]]},
        "ok": True,
        "rows": 7,
        "ranges": [{"series": "binance BTCUSDT trade 5m", "start_ms": 100, "end_ms": 200}],
        "message": "7 rows",
    }


def test_an_expected_failure_is_a_result_that_is_not_ok() -> None:
    """A BtcliError of a tool is reported, and raised again only by whoever asks for it."""
    result = ToolRegistry([Tool("refuse", refuse)]).execute("refuse")
    assert (result.ok, result.rows, result.changed, result.message) == (False, 0, False, "not today")
    with pytest.raises(AccessError, match="not today"):
        result.checked()


def test_an_unknown_tool_is_refused_with_the_names_there_are() -> None:
    """The answer to a wrong name lists the right ones."""
    with pytest.raises(RequestError, match="fetch, refuse"):
        ToolRegistry([Tool("refuse", refuse), Tool("fetch", fetch)]).execute("sync")


def test_arguments_that_do_not_fit_are_refused_before_the_tool_runs() -> None:
    """A missing and an unknown argument are both RequestErrors."""
    registry = ToolRegistry([Tool("fetch", fetch)])
    with pytest.raises(RequestError, match="missing"):
        registry.execute("fetch", series=SERIES)
    with pytest.raises(RequestError, match="unexpected"):
        registry.execute("fetch", series=SERIES, path=Path(), force=True)


def test_the_store_has_no_tool_that_reaches_a_venue(tmp_path: Path) -> None:
    """Only files and generated data come in."""
    local = (
        "compact_store",
        "delete_range",
        "forget_absences",
        "generate_sample",
        "import_file",
        "import_files",
        "import_instruments",
    )
    assert registry_for(Store(tmp_path)).names() == local
