"""`btcli sweep`: a table with a row a trial, each as a run of its own would end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from cli_worlds import Said, say
from sweep_worlds import grids, refusal, ruled_world, swept, table_of

GRID = grids("strategy.params.far=0.01..0.05:0.01", "features.ltf.slow=ema(close, {10..40:10})")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sample data."""
    return ruled_world(tmp_path_factory.mktemp("swept") / "world")


@pytest.fixture(scope="module")
def done(world: Path) -> Said:
    """A sweep of twenty trials."""
    return swept(world, *GRID)


def test_the_answer_names_folder_table_and_best(world: Path, done: Said) -> None:
    """The envelope has what a script goes on with; the digest is that of the table's bytes."""
    import hashlib

    data = done.envelope["data"]
    assert (done.code, data["trials"], data["statuses"]) == (0, 20, {"END_OF_DATA": 20})
    assert data["table_digest"] == hashlib.sha256((world / data["table"]).read_bytes()).hexdigest()
    assert (world / data["sweep_dir"] / "plan.json").is_file()
    frame = table_of(world, done)
    best = frame.filter(pl.col("sharpe") == frame["sharpe"].max())["trial"].to_list()
    assert data["best"]["trial"] in best


def test_trials_stand_in_the_order_of_their_numbers(world: Path, done: Said) -> None:
    """Each has its values in columns of their own types, the last key changing with every row."""
    frame = table_of(world, done)
    assert frame["trial"].to_list() == list(range(1, 21))
    assert frame["strategy.params.far"].to_list() == [each for each in (0.01, 0.02, 0.03, 0.04, 0.05) for _ in range(4)]
    assert frame["features.ltf.slow"].to_list() == [f"ema(close, {n})" for n in (10, 20, 30, 40)] * 5
    assert frame["result"].n_unique() > 10


def test_every_trial_is_a_run_of_its_own_to_the_last_bit(world: Path, done: Said) -> None:
    """`btcli run --trial` of all twenty: metrics.json has the very figures of the row, and the daily returns agree."""
    from btcli.research.rows import FIGURES

    frame = table_of(world, done)
    for row in frame.to_dicts():
        ran = say(world, "run", "--trial", f"latest:{row['trial']}", "--json")
        assert ran.envelope["data"]["equals_trial"] is True
        folder = world / ran.envelope["data"]["run_dir"]
        metrics = json.loads((folder / "metrics.json").read_text())
        for name in FIGURES:
            if name not in ("null_reasons", "refusals_by_code"):
                assert row[name] == metrics[name], (row["trial"], name)
        assert json.loads(row["refusals_by_code"]) == metrics["refusals_by_code"]
        assert row["daily_returns"] == _daily_returns(folder)


def _daily_returns(folder: Path) -> list[float]:
    """close / previous close - 1 of each UTC day of the equity curve, as float32."""
    curve = pl.read_csv(folder / "equity_curve.csv", columns=["ts", "equity_usdt"])
    days: dict[str, float] = {}
    for ts, equity in curve.iter_rows():
        day = str(np.datetime64(ts[:-1]) - np.timedelta64(1, "ms"))[:10]
        days[day] = equity
    closes = [10_000.0, *days.values()]
    assert len(days) == 31
    return [float(each) for each in ((np.array(closes[1:]) - closes[:-1]) / closes[:-1]).astype(np.float32)]


def test_both_readers_read_the_table(world: Path, done: Said) -> None:
    """DuckDB and polars see the same rows, daily returns as lists of float32."""
    table = world / done.envelope["data"]["table"]
    frame = pl.read_parquet(table)
    assert frame.schema["daily_returns"] == pl.List(pl.Float32)
    with duckdb.connect() as con:
        rows = con.sql(f"select trial, sharpe, \"strategy.params.far\", daily_returns from '{table}' order by trial")
        assert rows.types[-1] == "FLOAT[]"
        assert rows.fetchall() == frame.select("trial", "sharpe", "strategy.params.far", "daily_returns").rows()


def test_any_number_of_workers_gives_the_same_bytes(world: Path, done: Said, tmp_path: Path) -> None:
    """One, two and five workers write the table that was there, byte for byte."""
    for workers in (1, 2, 5):
        again = swept(world, *GRID, "--workers", workers, "--out", tmp_path / str(workers))
        assert again.envelope["data"]["table_digest"] == done.envelope["data"]["table_digest"]


def test_a_sweep_that_is_done_is_not_run_again(world: Path, done: Said) -> None:
    """The same command finds all chunks and says the same."""
    again = swept(world, *GRID).envelope["data"]
    assert again["chunks_found"] == again["chunks"] > 0
    assert again["table_digest"] == done.envelope["data"]["table_digest"]


def test_draws_are_rows_of_the_grid(world: Path, done: Said) -> None:
    """Eight drawn of twenty have the results that the grid has for these values; another seed draws others."""
    grid = {tuple(row[1:3]): row[-1] for row in _values(table_of(world, done))}
    drawn = [_values(table_of(world, swept(world, *GRID, "--random", 8, "--seed", seed))) for seed in (1, 2)]
    for rows in drawn:
        assert [row[0] for row in rows] == list(range(1, 9))
        assert all(grid[tuple(row[1:3])] == row[-1] for row in rows)
    assert drawn[0] != drawn[1]


MIXED = grids(
    "features.ltf.fast=ema(close, {3..9:1})",
    "features.ltf.slow=['sma(close, 10)', 'ema(close, 30)', 'highest(high, 20) - atr(14)', fast * 1.001]",
    "features.htf.trend=ema(close, {5..15:5})",
    "strategy.params.far=0.004..0.2",
    "strategy.rules.stop=['far * close', 'far * atr(10) * 50']",
    "strategy.rules.long.enter=['cross_above(fast, slow)', 'close > slow and rising(htf.close, 2)']",
    "costs.slippage_bps=[0, 3.5]",
    "costs.taker_fee_rate=[0.0002, 0.001]",
    "risk.sizing=[{qty: 0.05}, {risk_pct: 1}, {margin_pct: 40}]",
    "risk.on_opposite_signal=[ignore, close, reverse]",
    "risk.max_drawdown_pct=[none, 3]",
    "account.leverage=[1, 20, 90]",
    "account.margin_mode=[isolated, cross]",
    "fills.path=[pessimistic, optimistic, adaptive]",
    "fills.mark_source=[mark, last]",
    "timeframes.ltf=[1h, 2h]",
    "symbols=[[BTCUSDT], [ETHUSDT], [ETHUSDT, BTCUSDT]]",
)


@pytest.mark.long
def test_trials_of_every_kind_are_runs_of_their_own(world: Path) -> None:
    """Of 120 draws over seventeen keys twenty picked at random, and the best, have the figures of their runs."""
    import random

    said = swept(world, *MIXED, "--random", 120, "--seed", 3)
    frame = table_of(world, said)
    could = frame.filter(pl.col("result").is_not_null())["trial"].to_list()
    assert len(could) > 60
    for trial in {*random.Random(1).sample(could, 20), said.envelope["data"]["best"]["trial"]}:
        ran = say(world, "run", "--trial", f"latest:{trial}", "--json")
        assert ran.envelope["data"].get("equals_trial") is True, (trial, ran)


def _values(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    return frame.select("trial", "strategy.params.far", "features.ltf.slow", "result").rows()


def test_worlds_costs_and_symbols_vary(world: Path) -> None:
    """Timeframes and symbols stand on other data: each trial still ends as a run with the same values."""
    grid = grids("timeframes.ltf=[1h, 2h]", "symbols=[[BTCUSDT], [ETHUSDT]]", "costs.slippage_bps=[0, 20]")
    said = swept(world, *grid)
    frame = table_of(world, said)
    assert frame["result"].n_unique() == 8
    assert (
        frame["symbols"].to_list()
        == ['["BTCUSDT"]'] * 2 + ['["ETHUSDT"]'] * 2 + ['["BTCUSDT"]'] * 2 + ['["ETHUSDT"]'] * 2
    )
    for trial in (1, 4, 6, 7):
        ran = say(world, "run", "--trial", f"latest:{trial}", "--json")
        assert ran.envelope["data"]["equals_trial"] is True


def test_a_trial_that_fails_is_a_row_with_its_reason(world: Path) -> None:
    """Fine values whose combination cannot be: the row says why, the others are as they would be alone."""
    said = swept(world, *grids("timeframes.exec=[1h, 30m]", "timeframes.ltf=[1h, 30m]", "strategy.params.far=[0.02]"))
    assert said.code == 0
    frame = table_of(world, said)
    (failed,) = frame.filter(pl.col("status") == "REFUSED").to_dicts()
    assert (failed["timeframes.exec"], failed["timeframes.ltf"]) == ("1h", "30m")
    assert "exec 1h is longer than ltf 30m" in failed["reason"]
    assert (failed["sharpe"], failed["never_traded"], failed["daily_returns"]) == (None, None, None)
    assert said.envelope["data"]["reasons"] == {failed["reason"]: 1}
    shown = say(world, "sweep", "show", "latest")
    assert "most often for" in shown.out
    assert "1 trial: " in shown.out


def test_a_key_that_made_no_difference_is_told(world: Path) -> None:
    """One symbol never holds two positions; how far the stop is away changes results."""
    said = swept(world, *grids("risk.max_open_positions=[1, 2]", "strategy.params.far=[0.01, 0.05]"))
    assert said.envelope["data"]["idle"] == ["risk.max_open_positions"]
    assert "risk.max_open_positions: equal results" in say(world, "sweep", "show").out


def test_a_few_draws_show_of_no_key_that_it_made_no_difference(world: Path) -> None:
    """Of 10 of 12 points two may differ in a key alone; of all twelve each has a partner."""
    grid = grids("risk.max_open_positions=[1, 2]", "strategy.params.far=0.01..0.06:0.01")
    assert swept(world, *grid, "--random", 10).envelope["data"]["idle"] == []
    assert swept(world, *grid, "--random", 12).envelope["data"]["idle"] == ["risk.max_open_positions"]
    assert swept(world, *grid).envelope["data"]["idle"] == ["risk.max_open_positions"]


def test_a_sweep_says_what_a_run_would_say(world: Path) -> None:
    """That funding is left out, of any of its worlds, is a warning; and so is a comparison in vain in the rules."""
    said = swept(world, *grids("costs.funding=[settled, none]"))
    assert any("funding" in warning for warning in said.envelope["warnings"])
    assert swept(world, *GRID).envelope["warnings"] == []


def test_an_average_in_rules_of_what_varies_has_its_history(world: Path) -> None:
    """It reaches farther back than either by itself: each trial is run, with the figures of its run."""
    rule = ("--set", "strategy.rules.exit=ltf.sma(close - slow, 20) > 0.01 * close")
    said = swept(world, *rule, *grids('features.ltf.slow=["sma(close, 3)", "sma(close, 90)"]'))
    assert said.envelope["data"]["statuses"] == {"END_OF_DATA": 2}
    assert say(world, "run", "--trial", f"{said.envelope['data']['sweep_id']}:2").code == 0


def test_features_that_rules_could_not_name_are_told_before_the_first_trial(world: Path) -> None:
    """No text is wrong in itself; exit 2 with the key, as for any value that no combination could run."""
    code, error = refusal(swept(world, *grids('features.ltf=[{fast: "ema(close, 5)"}]')))
    assert (code, error["where"]) == (2, "--grid features.ltf")
    assert "unknown name 'slow'" in error["message"]


def test_data_that_is_too_short_for_some_trial_is_told_with_what_repairs_it(tmp_path: Path) -> None:
    """Before the first trial: exit 1; the command that is told brings what the slowest average needs."""
    import shlex

    world = ruled_world(tmp_path / "world")
    slow = grids("features.ltf.slow=ema(close, {20..120:50})")
    said = swept(world, *slow)
    assert said.code == 1
    hint = said.envelope["errors"][0]["hint"]
    assert "ema(close, 120)" in hint
    assert say(world, *shlex.split(hint.partition("btcli ")[2])).code == 0
    assert swept(world, *slow).code == 0


def test_a_trial_that_never_traded_is_marked(world: Path) -> None:
    """Its returns are zeros, its mark tells them from those of a trial that broke even, and it is never the best."""
    said = swept(world, *grids("account.initial_equity_usdt=[10000, 0.01]"), "--by", "net_profit_usdt")
    frame = table_of(world, said)
    assert frame["never_traded"].to_list() == [False, True]
    assert set(frame["daily_returns"].to_list()[1]) == {0.0}
    assert said.envelope["data"]["never_traded"] == 1
    assert said.envelope["data"]["best"]["trial"] == 1


def test_a_liquidated_trial_is_a_row_like_others(world: Path) -> None:
    """How it ended is its status; it has figures and the returns of the days that it saw."""
    said = swept(world, *grids("account.leverage=[5, 100]", "risk.sizing.margin_pct=[90]", "strategy.params.far=[0.9]"))
    frame = table_of(world, said)
    assert frame["status"].to_list()[1] == "LIQUIDATED"
    assert frame["liquidations"].to_list()[1] == 1
    assert len(frame["daily_returns"].to_list()[1]) < 31


ENDED_EARLY = grids("account.leverage=[100, 5, 90]", "risk.sizing.margin_pct=[90]", "strategy.params.far=[0.9]")


def test_a_trial_that_ended_early_comes_after_all_others(world: Path) -> None:
    """A liquidated account has a small drawdown of few days: whoever ranks is not led to it, and its end is told."""
    said = swept(world, *ENDED_EARLY, "--by", "ambiguous_trades")
    assert table_of(world, said)["status"].to_list() == ["LIQUIDATED", "END_OF_DATA", "LIQUIDATED"]
    assert said.envelope["data"]["best"]["trial"] == 2
    best = say(world, "sweep", "best", "--by", "ambiguous_trades", "--json").envelope["data"]["best"]
    assert [(row["trial"], row["status"]) for row in best] == [
        (2, "END_OF_DATA"),
        (1, "LIQUIDATED"),
        (3, "LIQUIDATED"),
    ]
    table = say(world, "sweep", "best").out.splitlines()
    assert [line.split()[0] for line in table if "LIQUIDATED" in line] == ["1", "3"]
    assert "ended" in table[0]


def test_trials_that_ended_early_stand_in_no_spread_and_on_no_map(world: Path) -> None:
    """A Sharpe ratio of five days before a liquidation would be the greenest cell: how many there are is said."""
    assert swept(world, *ENDED_EARLY, "--out", "early").code == 0
    words = ("sweep", "show", "--out", "early", "--by", "return_pct", "--map", "leverage,far")
    told = say(world, *words, "--json").envelope["data"]
    assert (told["spread"]["counted"], told["spread"]["ended_early"], told["map"]["ended_early"]) == (1, 2, 2)
    [lasting] = (row["return_pct"] for row in told["best"] if row["status"] == "END_OF_DATA")
    assert set(told["spread"]["quantiles"].values()) == {lasting}
    assert told["map"]["cells"] == [[None], [lasting], [None]]
    assert "".join(say(world, *words).out.split()).count("without2thatendedearly") == 2


def test_a_best_trial_that_ended_early_is_told_as_one(world: Path, done: Said) -> None:
    """Where no trial came to the end of its window, the best of those is no good one."""
    early = grids("account.leverage=[100, 90]", "risk.sizing.margin_pct=[90]", "strategy.params.far=[0.9]")
    said = say(world, "sweep", "--window", "jan", *early)
    assert "LIQUIDATED: none that traded came to its window's end" in " ".join(said.out.split())
    assert "ended" not in say(world, "sweep", "best", done.envelope["data"]["sweep_id"]).out


REFUSED = (
    (["strategy.params.fr=1..2"], "'fr' is no parameter of the rules", "did you mean far?"),
    (["features.ltf.slo=[x]"], "'slo' is no feature of ltf", "did you mean slow?"),
    (["cost.slippage_bps=1..2"], "unknown key", "did you mean costs?"),
    (["costs.slipage_bps=1..2"], "unknown key", "did you mean slippage_bps?"),
    (["account.leverage=0..3"], "must be at least 1", ""),
    (["account.leverage=[1, two]"], "expected a number", ""),
    (["strategy.params.far=[0.1, wide]"], "must be a number in rules", ""),
    (['features.ltf.slow=["ema(close, 12)", "emma(close, 12)"]'], "emma", ""),
    (["strategy.rules.long.enter=[nothing > 1]"], "nothing", ""),
    (["timeframes.ltf=[7x]"], "7x", ""),
    (["windows.jan.end=[2024-01-20]"], "cannot be varied", "--window"),
    (["system=[a, b]"], "cannot be varied", ""),
    (["output.parquet=[true, false]"], "cannot be varied", ""),
    (["symbols=[[NOSUCHUSDT]]"], "NOSUCHUSDT", ""),
    (["account.leverage=1..100000", "strategy.params.far=1..10000000"], "1,000,000,000,000 trials", ""),
)


@pytest.mark.parametrize(("texts", "message", "hint"), REFUSED, ids=lambda each: str(each)[:40])
def test_what_cannot_be_varied_is_refused_before_the_first_run(
    world: Path, tmp_path: Path, texts: list[str], message: str, hint: str
) -> None:
    """Exit 2 with the key, what is wrong and the nearest right one; no folder is made."""
    code, problem = refusal(swept(world, *grids(*texts), "--out", tmp_path / "sweeps"))
    assert code == 2
    assert message in f"{problem['where']} {problem['message']}"
    assert hint in problem["hint"]
    assert not (tmp_path / "sweeps").exists()


@pytest.mark.parametrize(
    ("grid", "option"),
    [
        ("strategy.params=[{far: 0.01}]", "strategy.params.far=0.3"),
        ("risk.sizing=[{qty: 0.01}]", "risk.sizing.qty=0.3"),
        ("risk.sizing.qty=[0.01]", "risk.sizing.risk_pct=1"),
        ("features.ltf=[{fast: 'sma(close, 4)', slow: 'sma(close, 9)'}]", "features.ltf.fast=ema(close, 3)"),
    ],
)
def test_an_option_that_would_be_replaced_is_refused(world: Path, grid: str, option: str) -> None:
    """What is set inside of what is varied, or as another mode of sizing, would count for nothing."""
    code, problem = refusal(swept(world, "--grid", grid, "--set", option))
    assert (code, problem["message"]) == (2, "is varied, and set by --set")


def test_an_option_around_what_varies_is_its_base(world: Path) -> None:
    """A section that is set as a whole may have one of its keys varied."""
    said = swept(world, "--grid", "strategy.params.far=[0.01, 0.03]", "--set", "strategy.params={far: 0.3}")
    assert table_of(world, said)["strategy.params.far"].to_list() == [0.01, 0.03]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1e20..3e20:1e20", [1e20, 2e20, 3e20]),
        ("-2e19..-1e19:1e19", [-2e19, -1e19]),
        ("[1, 100000000000000000000]", [1.0, 1e20]),
        ("[-123456789012345678, 123456789012345678]", [-123456789012345678, 123456789012345678]),
        ("-9e18..9e18:9e18", [-9 * 10**18, 0, 9 * 10**18]),
        ("[-9223372036854775809, 9223372036854775808]", [-(2.0**63), 2.0**63]),
    ],
)
def test_numbers_beyond_whole_ones_of_a_table_are_columns_too(world: Path, text: str, values: list[float]) -> None:
    """They are floats there."""
    said = swept(world, "--grid", f"strategy.params.far={text}")
    assert table_of(world, said)["strategy.params.far"].to_list() == values


@pytest.mark.parametrize("seed", [2**63 - 1, 2**63, 10**30])
def test_a_seed_is_a_number_of_64_bits(world: Path, seed: int) -> None:
    """The greatest draws as any other; more is refused before anything is run."""
    said = swept(world, "--grid", "strategy.params.far=0.01..0.05", "--random", 2, "--seed", seed)
    assert said.code == (0 if seed < 2**63 else 2)
    assert seed < 2**63 or "--seed" in said.envelope["errors"][0]["message"]


def test_an_option_that_is_set_cannot_be_varied(world: Path) -> None:
    """--set and --grid of one key contradict each other."""
    code, problem = refusal(swept(world, *GRID, "--set", "strategy.params.far=1"))
    assert (code, problem["message"]) == (2, "is varied, and set by --set")


def test_a_figure_that_ranks_nothing_is_refused_first(world: Path, tmp_path: Path) -> None:
    """A mistyped --by is told before anything is run, with the nearest figure."""
    code, problem = refusal(swept(world, *GRID, "--by", "sharp", "--out", tmp_path / "sweeps"))
    assert (code, problem["hint"]) == (2, "did you mean sharpe?")


def test_show_best_and_export_read_a_sweep(world: Path, done: Said, tmp_path: Path) -> None:
    """By folder, id, beginning and latest; the heat map has a line for each value; the export has every row."""
    folder = done.envelope["data"]["sweep_dir"]
    name = Path(folder).name
    shown = [say(world, "sweep", "show", named).out for named in (folder, name, name[:7])]
    assert shown[0] == shown[1] == shown[2]
    assert "20 distinct results" in shown[0] or "distinct result" in shown[0]
    drawn = say(world, "sweep", "show", name, "--map", "far,slow", "--json").envelope["data"]["map"]
    assert (drawn["rows"], drawn["columns"]) == (
        [0.01, 0.02, 0.03, 0.04, 0.05],
        [f"ema(close, {n})" for n in (10, 20, 30, 40)],
    )
    frame = table_of(world, done)
    assert [value for row in drawn["cells"] for value in row] == frame["sharpe"].to_list()
    best = say(world, "sweep", "best", name, "-n", "3", "--by", "max_drawdown_pct", "--json").envelope["data"]["best"]
    expected = sorted(frame.select("max_drawdown_pct", "trial").rows())[:3]
    assert [(row["max_drawdown_pct"], row["trial"]) for row in best] == expected
    for ending in ("csv", "parquet"):
        file = tmp_path / f"all.{ending}"
        assert say(world, "sweep", "export", name, "--to", file).code == 0
        read = pl.read_csv(file) if ending == "csv" else pl.read_parquet(file)
        assert read["sharpe"].to_list() == frame["sharpe"].to_list()


def test_all_trials_are_listed_where_more_are_asked_for(world: Path, done: Said) -> None:
    """However many more: a number of more than 64 bits, too."""
    name = done.envelope["data"]["sweep_id"]
    said = say(world, "sweep", "best", name, "-n", "99999999999999999999", "--json")
    assert (said.code, len(said.envelope["data"]["best"])) == (0, 20)


def test_truths_are_written_as_a_system_file_has_them(world: Path, tmp_path: Path) -> None:
    """true and false, which can be pasted behind --set: in the answer, in the list of the best, and on the map."""
    words = grids("risk.costs_in_risk=[true, false]", "risk.sizing.qty=[0.05, 0.1]")
    said = say(world, "sweep", "--window", "jan", *words, "--out", tmp_path)
    shown = say(world, "sweep", "show", "--out", tmp_path, "--map", "qty,costs_in_risk")
    assert (said.code, shown.code) == (0, 0)
    assert "risk.costs_in_risk=true" in said.out
    assert "false" in shown.out.partition("median")[2]
    assert "True" not in said.out + shown.out


def test_numbers_that_are_one_are_one_line_of_a_map(world: Path, tmp_path: Path) -> None:
    """1 and 1.0 are two trials of one value, as the table holds it."""
    words = grids("strategy.params.far=[0.02, 1, 1.0]", "risk.sizing.qty=[0.05, 0.1]")
    assert swept(world, *words, "--out", tmp_path).code == 0
    shown = say(world, "sweep", "show", "--out", tmp_path, "--map", "far,qty", "--json").envelope["data"]["map"]
    assert (shown["rows"], [None in row for row in shown["cells"]]) == ([0.02, 1.0], [False, False])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "nosuch"), "there is no sweep 'nosuch'"),
        (("show", "latest", "--map", "far"), "is not two parameters"),
        (("show", "latest", "--map", "far,slw"), "did you mean slow?"),
        (("best", "latest", "--by", "nothing"), "cannot be ranked by 'nothing'"),
        (("export", "latest", "--to", "x.txt"), "neither .parquet nor .csv"),
        (("show", "sweeps"), "sweeps has no plan.json, and so is no sweep"),
        (("show", "--sweeps", "sweeps"), "No such option: --sweeps (here it is --out)"),
        (("--grid", "risk.sizing.qty=1..2", "--sweeps", "sweeps"), "(here it is --out)"),
        (("show", "--out", "elsewhere"), "there are no sweeps in elsewhere (btcli sweep makes one; --out names"),
    ],
)
def test_what_is_no_sweep_or_figure_is_told(world: Path, done: Said, words: tuple[str, ...], said: str) -> None:
    """Exit 2, with what there is."""
    swept(world, *GRID)
    told = say(world, "sweep", *words)
    assert told.code == 2
    assert said in told.err


def test_sweeps_of_one_id_are_told_apart_by_their_folders(world: Path, tmp_path: Path) -> None:
    """The name of a system is no part of an id: what is offered can be given, and finds one of them."""
    for name in ("one", "other"):
        swept(world, *GRID, "--set", f"system={name}", "--out", tmp_path)
    (sweep,) = (tmp_path / "one" / "jan").iterdir()
    told = say(world, "sweep", "show", sweep.name, "--out", tmp_path, "--json")
    assert told.code == 2
    (hint,) = (each["hint"] for each in told.envelope["errors"])
    assert hint.split(", ") == [str(sweep), str(tmp_path / "other" / "jan" / sweep.name)]
    for folder in hint.split(", "):
        assert say(world, "sweep", "show", folder).code == 0
        assert say(world, "run", "--trial", f"{folder}:1", "--json").envelope["data"]["equals_trial"] is True


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("latest:0", "trials 1 to 20"),
        ("latest:21", "trials 1 to 20"),
        ("latest", "names no trial"),
        ("nosuch:1", "there is no sweep"),
        ("latest:1e3", "names no trial"),
    ],
)
def test_a_trial_that_there_is_not_is_told(tmp_path: Path, world: Path, named: str, said: str) -> None:
    """Exit 2, with the trials that there are."""
    swept(world, *GRID, "--out", tmp_path)
    told = say(world, "run", "--trial", named, "--sweeps", tmp_path)
    assert told.code == 2
    assert said in told.err


def test_the_folder_of_sweeps_is_called_as_the_verb_calls_it(world: Path) -> None:
    """`run` has --out for runs: of sweeps it is told --sweeps."""
    told = say(world, "run", "--trial", "latest:1", "--sweeps", "elsewhere")
    assert told.code == 2
    assert "--sweeps names another folder" in told.err


def test_a_table_that_is_gone_is_put_together_again_and_nothing_is_said_to_be_run(world: Path, tmp_path: Path) -> None:
    """All chunks are there: `show` says what is missing, and the command that no trial is left."""
    words = ("sweep", "--window", "jan", *GRID, "--out", tmp_path)
    assert ", all of them were run to see how long one takes, " in say(world, *words).err
    (table,) = tmp_path.glob("*/*/*/trials.parquet")
    table.unlink()
    assert "the table is not whole" in say(world, "sweep", "show", "--out", tmp_path).err
    assert " trials, all are done, " in say(world, *words).err
    assert table.exists()
