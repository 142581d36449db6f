"""`btcli trades`: rows, groups, conditions, order and limit, for people and for machines."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import SYSTEM, Said, only_run, say, small_world
from hostile_names import HOSTILE, OBEYED

TAGGED = f"""\
from btcli.strategies import Direction, Signal, Strategy

TAGS = {HOSTILE!r}


class Tagged(Strategy):
    features = {{"ltf": {{"mean": "sma(close, 3)"}}}}
    count = 0

    def decide(self, snapshot):
        if snapshot.exchange.has_position:
            return None
        self.count += 1
        direction = Direction.LONG if self.count % 3 else Direction.SHORT
        tag = TAGS[self.count % len(TAGS)]
        return Signal(direction, stop_distance=250.0, target_distance=250.0, tag=tag)
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one run of two symbols."""
    folder = small_world(tmp_path_factory.mktemp("trades") / "small")
    (folder / "system.yml").write_text(SYSTEM.replace("[BTCUSDT]", "[BTCUSDT, ETHUSDT]"))
    assert say(folder, "data", "sample").code == 0
    assert say(folder, "run").code == 0
    return folder


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose signals bear every hostile tag."""
    folder = small_world(tmp_path_factory.mktemp("tagged") / "small")
    (folder / "tagged.py").write_text(TAGGED)
    (folder / "system.yml").write_text(SYSTEM.replace("mtf_trend", "tagged.py:Tagged"))
    assert say(folder, "run").code in (0, 5)
    return folder


def recorded(world: Path) -> list[dict[str, str]]:
    """trades.csv, row by row."""
    with (only_run(world) / "trades.csv").open() as lines:
        return list(csv.DictReader(lines))


def metrics_of(world: Path) -> dict[str, Any]:
    """metrics.json."""
    return dict(json.loads((only_run(world) / "metrics.json").read_text()))


def answered(world: Path, *words: object) -> dict[str, Any]:
    """The data of `btcli trades latest WORDS --json`."""
    said = say(world, "trades", "latest", *words, "--json")
    assert said.code == 0, said.out
    return dict(said.envelope["data"])


def test_rows_are_those_of_the_file(world: Path) -> None:
    """All columns of trades.csv and the tag, in its order; cells read back as what they are."""
    rows, file = answered(world, "--limit", 0)["trades"], recorded(world)
    assert [row["trade_id"] for row in rows] == [int(row["trade_id"]) for row in file]
    assert list(rows[0]) == [*file[0], "tag"]
    for row, cells in zip(rows, file, strict=True):
        assert (row["entry_ts"], row["exit_ts"], row["side"]) == (cells["entry_ts"], cells["exit_ts"], cells["side"])
        assert (row["net_pnl_usdt"], row["ambiguous"]) == (float(cells["net_pnl_usdt"]), cells["ambiguous"] == "true")


def test_the_figures_of_all_trades_are_those_of_metrics(world: Path) -> None:
    """To the last bit, for all, and for each side under long and short."""
    metrics, data = metrics_of(world), answered(world, "--by", "side")
    names = ("trades", "net_pnl_usdt", "win_rate_pct", "profit_factor", "expectancy_usdt", "payoff_ratio")
    more = ("best_trade_usdt", "worst_trade_usdt", "average_duration_hours", "average_mae_usdt", "average_mfe_usdt")
    assert {name: data["figures"][name] for name in (*names, *more)} == {
        name: metrics[name] for name in (*names, *more)
    }
    for row in data["groups"]:
        assert {name: row[name] for name in names} == {name: metrics[row["side"]][name] for name in names}


@pytest.mark.parametrize("by", ["symbol", "side", "tag", "exit_reason", "weekday", "hour", "month", "side,month"])
def test_groups_hold_every_trade_once(world: Path, by: str) -> None:
    """The trades of all groups are those of the run, and each row begins with its keys."""
    data = answered(world, "--by", by, "--limit", 0)
    assert sum(row["trades"] for row in data["groups"]) == data["matched"] == metrics_of(world)["trades"]
    assert all(list(row)[: by.count(",") + 1] == by.split(",") for row in data["groups"])
    shown = say(world, "trades", "latest", "--by", by, "--limit", 0)
    assert shown.code == 0
    assert shown.out.splitlines()[3].split()[: by.count(",") + 1] == by.split(",")


def test_groups_are_all_shown_where_no_limit_is_set(world: Path) -> None:
    """Also more than twenty, as of the hours of a day for each symbol; a limit that is asked for cuts."""
    groups = answered(world, "--by", "symbol,hour", "--limit", 0)["groups"]
    assert len(groups) > 20
    assert answered(world, "--by", "symbol,hour")["groups"] == groups
    assert answered(world, "--by", "symbol,hour", "--limit", 7)["groups"] == groups[:7]


def test_months_are_those_of_the_entry(world: Path) -> None:
    """By the file itself."""
    expected: dict[str, int] = {}
    for row in recorded(world):
        expected[row["entry_ts"][:7]] = expected.get(row["entry_ts"][:7], 0) + 1
    assert {row["month"]: row["trades"] for row in answered(world, "--by", "month")["groups"]} == expected


def test_conditions_choose_rows_and_groups(world: Path) -> None:
    """Of the long losers by the file as many as asked for, and their figures alone."""
    wanted = [row for row in recorded(world) if row["side"] == "long" and float(row["net_pnl_usdt"]) < 0]
    data = answered(world, "--where", "side=long", "--where", "net_pnl_usdt<0", "--limit", 0)
    assert [row["trade_id"] for row in data["trades"]] == [int(row["trade_id"]) for row in wanted]
    grouped = answered(world, "--where", "side=long, net_pnl_usdt<0", "--by", "side")
    assert [(row["side"], row["trades"]) for row in grouped["groups"]] == [("long", len(wanted))]


def test_rows_are_sorted_by_any_column(world: Path) -> None:
    """Ascending, and with - in front the greatest first; what has no value comes last either way."""
    nets = [row["net_pnl_usdt"] for row in answered(world, "--sort", "net_pnl_usdt", "--limit", 0)["trades"]]
    assert nets == sorted(nets)
    falling = [row["net_pnl_usdt"] for row in answered(world, "--sort", "-net_pnl_usdt", "--limit", 3)["trades"]]
    assert falling == sorted(nets, reverse=True)[:3]
    for sort in ("profit_factor", "-profit_factor"):
        factors = [row["profit_factor"] for row in answered(world, "--by", "exit_reason", "--sort", sort)["groups"]]
        assert None in factors
        assert factors[-factors.count(None) :] == [None] * factors.count(None)
    days = [row["weekday"] for row in answered(world, "--by", "weekday", "--sort", "-weekday")["groups"]]
    assert days == ["Sun", "Sat", "Fri", "Thu", "Wed", "Tue", "Mon"]


def test_a_limit_is_told(world: Path) -> None:
    """Twenty rows without another word, for machines too; a warning says how many there are where no limit was set."""
    trades = metrics_of(world)["trades"]
    said = say(world, "trades", "latest", "--json").envelope
    assert (len(said["data"]["trades"]), said["data"]["matched"]) == (20, trades)
    assert said["warnings"] == [f"20 of {trades} trades are shown: --limit 0 shows all"]
    for limit in (0, 5, trades):
        asked = say(world, "trades", "latest", "--limit", limit, "--json").envelope
        assert (len(asked["data"]["trades"]), asked["warnings"]) == (limit or trades, [])
    shown = say(world, "trades", "latest").out.splitlines()
    assert sum(line.strip()[:1].isdigit() and "-" in line for line in shown[4:24]) == 20


@pytest.mark.parametrize(
    ("words", "where", "said"),
    [
        (("--sort", "net"), "--sort", "there is no column 'net'"),
        (("--sort", "net_pnl"), "--sort", "did you mean net_pnl_usdt?"),
        (("--by", "side", "--sort", "entry_ts"), "--sort", "columns: side, trades, net_pnl_usdt"),
        (("--by", "sides"), "--by", "did you mean side?"),
        (("--by", "side,side"), "--by", "twice"),
        (("--by", ","), "--by", "'' is nothing to group by"),
        (("--where", "sides=long"), "--where", "columns: trade_id"),
    ],
)
def test_a_wrong_name_says_which_there_are(world: Path, words: tuple[str, ...], where: str, said: str) -> None:
    """Exit 2, with the option, the nearest name and all of them."""
    done = say(world, "trades", "latest", *words, "--json")
    (error,) = done.envelope["errors"]
    assert (done.code, error["where"]) == (2, where)
    assert said in f"{error['message']} {error['hint']}"


def test_a_run_without_trades_has_none(world: Path) -> None:
    """No rows and no groups, a sentence for people, and figures that do not exist are null."""
    tiny = ("--set", "account.initial_equity_usdt=1", "--out", "none")
    assert say(world, "run", *tiny).code == 0
    data = say(world, "trades", "latest", "--out", "none", "--json").envelope["data"]
    assert (data["matched"], data["trades"], data["figures"]["win_rate_pct"]) == (0, [], None)
    assert say(world, "trades", "latest", "--out", "none", "--by", "side", "--json").envelope["data"]["groups"] == []
    assert "no trades" in say(world, "trades", "latest", "--out", "none").out


def shown_of(tagged: Path) -> list[Said]:
    """Every screen that shows tags."""
    rows, groups = ("trades", "latest", "--limit", 0), ("trades", "latest", "--by", "tag", "--limit", 0)
    bad = [("trades", "latest", option, name) for option in ("--where", "--sort", "--by") for name in HOSTILE[:30]]
    named = [("trades", "latest", "--where", f"tag={name}") for name in HOSTILE[:30]]
    return [say(tagged, *words) for words in (rows, groups, *bad, *named)]


def test_no_tag_reaches_the_terminal_raw(tagged: Path) -> None:
    """Rows, groups and refusals show forty hostile tags escaped, each on its line; machines read them back whole."""
    for said in shown_of(tagged):
        assert not OBEYED.search(said.out + said.err)
        assert said.code in (0, 2)
    groups = answered(tagged, "--by", "tag", "--limit", 0)["groups"]
    assert {row["tag"] for row in groups} == set(HOSTILE)
    lines = say(tagged, "trades", "latest", "--by", "tag", "--limit", 0).out
    assert "\\x1b[2Jclear" in lines
    assert "[bold]markup[/bold]" in lines
    assert "new\\nline" in lines
    assert ":warning:" in lines
    assert "xxx…" in lines
