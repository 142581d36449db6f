"""Several runs in one table, and in what they differ."""

from __future__ import annotations

import re
from typing import Any

from page_reading import rows_of, said_in
from recorded_values import CONFIG, MANIFEST, METRICS
from report_contents import content

from btcli.report.content import RunContent
from btcli.report.page import page_of
from btcli.report.sections.beside import side_by_side


def run(run_id: str, config: dict[str, Any] | None = None, **changes: Any) -> RunContent:
    manifest = {**MANIFEST, "inputs": {**MANIFEST["inputs"], **({"config": config} if config else {})}}
    return content(run_id=run_id, manifest=manifest, **changes)


def test_each_run_has_a_column() -> None:
    """Figures with their reasons where one does not exist, and how much a review doubts."""
    other = {**METRICS, "return_pct": 12.5, "sharpe": 1.234, "fees_usdt": 3.0}
    doubt = {"code": "A", "severity": "doubt", "message": "m"}
    rows = {row[0]: row[1:] for row in rows_of(side_by_side([run("a"), run("b", metrics=other, findings=(doubt,))]))}
    assert rows["return"] == ["0.00 %", "+12.50 %"]
    assert rows["Sharpe"] == ["– fewer than two daily returns", "1.23"]
    assert rows["costs, USDT"] == ["0.00", "3.00"]
    assert rows["findings"] == ["not reviewed", "1 1 in doubt"]


def test_only_inputs_that_differ_are_named() -> None:
    """Another leverage, and a parameter that one of them does not have."""
    other = {
        **CONFIG,
        "account": {**CONFIG["account"], "leverage": 5.0},
        "strategy": {"use": "mtf_trend", "params": {}},
    }
    rows = rows_of(side_by_side([run("a"), run("b", other)]))
    place = next(index for index, row in enumerate(rows[1:], 1) if row[0] == "")
    assert rows[place + 1 :] == [["account.leverage", "2.0", "5.0"], ["strategy.params.length", "9", "–"]]


def test_runs_of_the_same_inputs_say_so() -> None:
    """There is no empty table."""
    assert "The inputs of these runs are the same." in said_in(side_by_side([run("a"), run("a")]), "p")


def test_a_long_value_is_cut_in_the_cell_and_whole_where_it_is_pointed_at() -> None:
    """A rule of hundred letters does not stretch the table."""
    config = {**CONFIG, "strategy": {"rules": {"long": "x" * 100}}}
    said = side_by_side([run("a"), run("b", config)])
    assert f"{'x' * 60}…" in said_in(said, "td")
    assert f'title="{"x" * 100}"' in said


def test_the_name_of_a_run_leads_to_it() -> None:
    """Every link of the table has its place on the page."""
    page = page_of([run("a"), run("b")]).decode()
    links = re.findall('href="#([^"]*)"', page)
    assert links[:2] == ["run0", "run1"]
    assert all(f' id="{link}"' in page for link in links)
