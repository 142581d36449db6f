"""What the review finds reaches metrics.json, the screen, `show` and a replay; each finding by a run of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import only_run, say
from finding_worlds import LEAVE, LONG, SHORT, Found, Market, a_run

IN_AND_OUT = {place: LONG if place % 4 == 0 else LEAVE for place in range(0, 120, 2)}
NUDGED = [1000.0 + 0.5 * (place % 4 in (2, 3)) for place in range(120)]
STEPS: dict[str, tuple[Market, dict[str, Any]]] = {
    "one trade": (
        Market([1000.0] * 30 + [1010.0] * 66, {24: LONG, 25: 0, 26: 0, 27: 0, 40: LEAVE}),
        {"rules": 'short: {enter: "volume == 12"}'},
    ),
    "taken over": (Market([1000.0] * 30 + [850.0] * 66, {24: LONG}), {"leverage": 10, "qty": 5}),
    "nearly": (Market([1000.0] * 30 + [915.0] * 66, {24: LONG}), {"leverage": 10, "qty": 5}),
    "many": (Market(NUDGED, IN_AND_OUT), {"fee": 0.0001, "slippage_bps": 0.5}),
    "either way": (
        Market([1000.0] * 48, {5: LONG}, {10: (990.0, 1012.0)}),
        {"rules": 'stop: "5"\n    target: "10"'},
    ),
    "up and down": (Market([1000.0] * 10 + [1100.0] * 20 + [980.0] * 18, {4: LONG}), {"leverage": 10, "qty": 100}),
    "early": (Market([1000.0] * 10 + [1010.0] * 86, {4: LONG, 12: LEAVE}), {}),
    "held": (Market([1000.0] * 10 + [1010.0] * 86, {4: LONG}, rate=0.001), {}),
    "late": (
        Market([1000.0] * 96, {40: SHORT}),
        {
            "rules": 'short: {enter: "volume == 12 and close >= slow"}',
            "more": 'warmup: {missing: start_late}\nfeatures: {ltf: {slow: "sma(close, 20)"}}',
        },
    ),
}
EXPECTED = [
    ("one trade", "PROFIT_FROM_ONE_TRADE", 100.0, "trade 1 alone made 100 % of the net profit (BTCUSDT, 2025-10-10)"),
    ("one trade", "PROFIT_FROM_ONE_DAY", 100.0, "one day, 2025-10-10, made 100 % of the net profit"),
    ("one trade", "FEW_TRADES", 1, "1 trade is few: from 30 on they say more"),
    ("one trade", "RULE_NEVER_FIRED", 0, "strategy.rules.short.enter never led to an entry"),
    ("one trade", "FILLS_WITHOUT_VOLUME", 1, "1 fill on bars without volume"),
    ("one trade", "DATA_WARNING", 3, "bybit BTCUSDT trade 1h: 3 x bar in a run of at least 3 without volume"),
    ("one trade", "AUTO_DELEVERAGING", 1, "1 trade was open in the auto-deleveraging of 2025-10-10"),
    ("one trade", "SPECS_OF_ANOTHER_TIME", 297, "the specs of BTCUSDT are of 2026-08-05, 297 days after the window"),
    ("one trade", "ANNUALISED_FROM_DAYS", 4, "CAGR and ratios are a year's from 4 days"),
    ("taken over", "LIQUIDATED", 1, "the venue took positions over once (trade 1, BTCUSDT, 2025-10-10)"),
    ("nearly", "NEAR_LIQUIDATION", None, "the mark came within 1.16 % of the liquidation price at a close"),
    ("many", "COST_DRAG", None, "fees, slippage and impact take 80 % of the gross profit"),
    ("many", "FRAGILE_PROFIT", None, "0.50 bps more slippage a fill take the profit"),
    ("either way", "PATHS_DISAGREE", -5, "paths end in gain and loss: +10.00 USDT"),
    ("either way", "MANY_AMBIGUOUS", 100, "1 of 1 trades hang on the order of prices inside a bar"),
    ("up and down", "SHARPE_CONTRADICTS", None, "Sharpe is +3.38, yet the account lost 20 %"),
    ("early", "FLAT_EQUITY", 75, "equity did not move for 3 of 4 days in a row, from 2025-10-10 on"),
    ("held", "FUNDING_DRAG", None, "funding takes"),
    ("late", "LATE_DECISION", None, "first decision possible on 2025-10-09, after 19 % of the window"),
]


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Found]:
    """The run of a name, made once."""

    @cache
    def made(name: str) -> Found:
        market, system = STEPS[name]
        return a_run(tmp_path_factory.mktemp("found") / "here", market, **system)

    return made


@pytest.mark.parametrize(("name", "code", "number", "said"), EXPECTED, ids=[code for _, code, *_ in EXPECTED])
def test_a_finding_reaches_metrics_and_screen(
    run_of: Callable[[str], Found], name: str, code: str, number: float | None, said: str
) -> None:
    """It stands in metrics.json with the number found, and in the whole summary with its severity and its place."""
    run = run_of(name)
    finding = run.finding(code)
    assert number is None or finding["found"] == pytest.approx(number)
    (line,) = (line for line in say(run.folder, "show", "latest", "--full").out.splitlines() if said in line)
    assert finding["severity"] in line


def test_no_run_of_the_table_has_findings_that_are_not_meant(run_of: Callable[[str], Found]) -> None:
    """A run that trades often, earns slowly and pays nothing has none but those of its few days and later specs."""
    assert run_of("many").codes == [
        "COST_DRAG", "FRAGILE_PROFIT", "AUTO_DELEVERAGING", "SPECS_OF_ANOTHER_TIME", "ANNUALISED_FROM_DAYS",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["one trade", "held", "late"])
def test_findings_are_replayed_to_the_byte(run_of: Callable[[str], Found], name: str) -> None:
    """Also what was found in the data, though no preflight goes before a replay."""
    said = say(run_of(name).folder, "replay", "latest")
    assert (said.code, said.out.splitlines()[-1]) == (0, "replay: identical")


def test_findings_are_replayed_from_the_pack_alone(tmp_path: Path) -> None:
    """Its rows and its specs are all that they need."""
    market, system = STEPS["one trade"]
    run = a_run(tmp_path / "here", market, "--pack", **system)
    assert {"DATA_WARNING", "SPECS_OF_ANOTHER_TIME"} <= set(run.codes)
    (run.folder / "data").rename(tmp_path / "gone")
    said = say(run.folder, "replay", "latest", "--pack-only")
    assert (said.code, said.out.splitlines()[-1]) == (0, "replay: identical")


def test_what_is_odd_before_the_window_is_no_finding(tmp_path: Path) -> None:
    """Preflight warns of it, the review does not; and the run is the same whoever looked."""
    market = Market([1000.0] * 5 + [1400.0] * 43 + [1410.0] * 48, {30: LONG, 60: LEAVE})
    slow = 'features: {ltf: {slow: "sma(close, 20)"}}'
    more = {"rules": 'short: {enter: "volume == 12 and close >= slow"}', "more": slow}
    run = a_run(tmp_path / "here", market, start="2025-10-10T00:00Z", **more)
    assert "bar that moves by more than 25%" in run.said.err
    assert "DATA_WARNING" not in run.codes
    assert "identical" in say(run.folder, "run", "--no-preflight", "--full").out


def test_findings_do_not_hang_on_whether_the_data_was_checked(run_of: Callable[[str], Found]) -> None:
    """The same inputs without preflight are the same run: identical, data findings included."""
    run = run_of("one trade")
    said = say(run.folder, "run", "--no-preflight")
    assert said.code == 0, said.err
    assert "the same inputs ran before: identical" in said.out


def test_show_has_them_too_and_a_run_of_old_has_none(run_of: Callable[[str], Found]) -> None:
    """The gravest first, as after the run; without a word of findings where there was no review."""
    run = run_of("early")
    gravest = f"{run.metrics['findings'][0]['severity']:<7}  {run.metrics['findings'][0]['message']}"
    assert gravest in run.said.out
    assert gravest in say(run.folder, "show", "latest").out
    assert without_findings(run.folder) == (0, False)


def without_findings(folder: Path) -> tuple[int, bool]:
    """Exit code of `show`, and whether it speaks of findings, once metrics.json and the manifest have none."""
    path = only_run(folder)
    for name in ("metrics.json", "run_manifest.json"):
        told = json.loads((path / name).read_text())
        results = told if name == "metrics.json" else told["results"]["metrics"]
        del results["findings"]
        (path / name).write_text(json.dumps(told))
    said = say(folder, "show", "latest")
    return said.code, "finding" in said.out.lower()


@pytest.mark.parametrize(
    ("code", "change"),
    [("severity", "fatal"), ("found", "many"), ("where", {"trade_id": "one"}), ("code", "RM -RF"), ("message", 1)],
)
def test_damaged_findings_are_refused(run_of: Callable[[str], Found], code: str, change: Any) -> None:
    """What is no finding is named with its place, and never shown."""
    path = only_run(run_of("nearly").folder)
    before = {name: (path / name).read_text() for name in ("metrics.json", "run_manifest.json")}
    try:
        for name, text in before.items():
            told = json.loads(text)
            results: Mapping[str, Any] = told if name == "metrics.json" else told["results"]["metrics"]
            results["findings"][0][code] = change
            (path / name).write_text(json.dumps(told))
        said = say(run_of("nearly").folder, "show", "latest")
        assert (said.code, f"findings.0.{code}" in said.err) == (3, True), said.err
    finally:
        for name, text in before.items():
            (path / name).write_text(text)
