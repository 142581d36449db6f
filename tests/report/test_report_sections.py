"""All sections at once: over runs of every shape, and with names of every kind."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import pytest
from recorded_values import CONFIG, DAY, MANIFEST, METRICS, curve_of, trades_of
from report_contents import content
from test_report_html import HOSTILE, parsed

from btcli.artifacts.metrics_shape import Metrics, SymbolCosts
from btcli.report.content import RunContent, Setting
from btcli.report.html import together
from btcli.report.sections import ABOVE, BELOW, BESIDE

REQUIRED = {name for name, field in Metrics.model_fields.items() if field.is_required()}


def all_of(run: RunContent) -> str:
    """Every section of a run, and the table of two such runs."""
    return together(*(section(run) for section in (*ABOVE, *BELOW)), *(section([run, run]) for section in BESIDE))


def named(name: str) -> RunContent:
    """A run whose every text of a user is that name."""
    config = copy.deepcopy(CONFIG)
    config |= {"symbols": [name], "strategy": {"use": name, "params": {name: name}}}
    config["costs"]["per_symbol"] = {name: {"slippage_bps": 1.0}}
    inputs = {
        **MANIFEST["inputs"],
        "config": config,
        "series": [{**MANIFEST["inputs"]["series"][0], "series": f"bybit {name} trade 5m"}],
        "instruments": {name: "cd" * 32},
        "strategy": {"name": name, "sha256": name},
    }
    files = {name: {"sha256": name, "size": 1}}
    costs = dict.fromkeys(SymbolCosts.model_fields, 1.0)
    metrics = {
        **METRICS,
        "status": name,
        "exit_reasons": {name: 1},
        "costs_by_symbol": {name: costs, "other": costs},
        "buy_and_hold_pct": {name: None, "other": None},
        "null_reasons": {"sharpe": name},
        "deviations": [name],
        "paths": {"withheld": name},
    }
    whole = name.encode(errors="replace").decode()  # what a frame, which is UTF-8, can hold of it
    finding = {"code": name, "severity": "doubt", "message": name, "found": 1, "limit": 2, "unit": name}
    refusal = {"ts": name, "symbol": name, "side": name, "qty": 1.0, "code": name, "have": 1.0, "need": 2.0}
    counts = {f"{each}_by_code": {name: 1} for each in ("refused", "cancelled", "warned")}
    return content(
        name=name,
        run_id=name,
        manifest={
            **MANIFEST,
            "system": name,
            "window": name,
            "inputs": inputs,
            "outputs": {"files": files, "state_hash": name},
            "environment": {name: name},
            "preflight": {"passed": None, "provenance": {name: [{"source": name}]}},
        },
        metrics=metrics,
        trades=trades_of([{"tag": whole, "symbol": whole, "exit_reason": whole}, {"tag": "b", "symbol": "ETHUSDT"}]),
        funnel={"decisions": 1, "signals": 1, "submitted": 1, "filled": 1, **counts, "refusals": [refusal]},
        findings=({**finding, "where": {"symbol": name, "day": name, "trade_id": 1}},),
        left_out=(name,),
        settings=(Setting(name, name, name, has_default=True), Setting(name, {name: [name]}, None, has_default=False)),
    )


def shape_of(page: str) -> list[object]:
    """The elements of a page with the names of their attributes, without what is written in them."""
    nodes = parsed(page).nodes
    return [
        (node[0], sorted(node[1])) if isinstance(node, tuple) and isinstance(node[1], Mapping) else node
        for node in nodes
    ]


@pytest.mark.parametrize("name", [name for name in HOSTILE if name and len(name) < 60])
def test_no_name_changes_the_elements_of_the_sections(name: str) -> None:
    """Whatever a user calls things, the page has the elements that it has with a plain name, and it can be written."""
    page = all_of(named(name))
    page.encode()
    assert shape_of(page) == shape_of(all_of(named("plain")))


def test_a_run_without_trades_has_every_section() -> None:
    """None of them fails, none is left out."""
    page = all_of(content())
    assert page.count("<section") == len(ABOVE) - 1 + len(BELOW) + len(BESIDE)


@pytest.mark.parametrize("absent", sorted(set(METRICS) - REQUIRED))
def test_a_run_that_lacks_a_figure_has_every_section(absent: str) -> None:
    """Runs of old lack what was added later; each may be missing alone."""
    assert all_of(content(metrics={key: value for key, value in METRICS.items() if key != absent}))


def test_a_run_with_nothing_but_what_must_be_there_has_every_section() -> None:
    """The least that is read as metrics.json."""
    page = all_of(content(metrics={key: METRICS[key] for key in REQUIRED}, funnel={}))
    assert "not recorded by the version that made this run" in page


@pytest.mark.parametrize("absent", ["environment", "outputs", "preflight"])
def test_a_manifest_without_a_part_has_every_section(absent: str) -> None:
    """What a run did not come to write is not looked for."""
    assert all_of(content(manifest={**MANIFEST, absent: None}))


def test_a_run_that_was_liquidated_between_two_rows() -> None:
    """Its last step has no row of the curve: the final equity of the metrics stands for it."""
    metrics = {
        **METRICS,
        "status": "LIQUIDATED",
        "days": 1.5,
        "final_equity_usdt": 10.0,
        "sharpe": -13.5,
        "max_drawdown_pct": 99.0,
        "max_drawdown_start": "2024-01-01T00:00:00.000Z",
        "max_drawdown_trough": "2024-01-02T12:00:00.000Z",
        "max_drawdown_days": 1.5,
    }
    inputs = {**MANIFEST["inputs"], "window": {"start": "2024-01-01T00:00:00.000Z", "end": "2024-01-11T00:00:00.000Z"}}
    run = content(
        manifest={**MANIFEST, "inputs": inputs},
        metrics=metrics,
        equity=curve_of([(DAY, 900.0, 10.0)]),
        trades=trades_of([{"exit_reason": "liquidation", "net_pnl_usdt": -990.0, "mae_usdt": 990.0}]),
    )
    page = all_of(run)
    assert "Ended early: the position was liquidated" in page
    assert "99.00 %" in page


def test_a_run_without_a_row_of_its_curve_has_every_section() -> None:
    """A window that is shorter than one ltf bar."""
    assert all_of(content(equity=curve_of([])))
