"""What a venue does not give, as every command tells it, and the one command that takes an absence back."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import SYSTEM, say
from wire.venue_server import Market, VenueServer, asked_for
from wire.venue_world import HOUR_MS, ms

HOLE = ms("2024-01-20T05:00")
SERIES = ("--venue", "bybit", "--symbol", "BTCUSDT", "--series", "trade", "--timeframe", "1h")


@pytest.fixture
def venue(monkeypatch: pytest.MonkeyPatch) -> Iterator[VenueServer]:
    with asked_for(Market("BTCUSDT", ms("2023-06-01"), ms("2024-02-03")), "bybit", monkeypatch) as server:
        yield server


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a system and nothing else."""
    (tmp_path / "system.yml").write_text(SYSTEM.replace("venue: sample", "venue: bybit"))
    return tmp_path


def trade_row(project: Path) -> dict[str, Any]:
    rows = json.loads(say(project, "data", "list", "--json").out)["data"]["series"]
    return dict(next(row for row in rows if row["series"] == "trade"))


def test_an_absence_names_the_command_that_takes_it_back(project: Path, venue: VenueServer) -> None:
    """A candle that the venue lost for a while is shown with its evidence; the printed command and a heal bring it."""
    venue.hide("trade", HOLE, HOLE + HOUR_MS)
    done = say(project, "preflight", "--heal")
    assert done.code == 1
    assert "1 bar missing inside, 2024-01-20 05:00, confirmed absent by the exchange" in done.err
    row = trade_row(project)
    assert (row["holes"], row["absent"]) == ([], [["2024-01-20T05:00:00.000Z", "2024-01-20T06:00:00.000Z"]])
    [told] = row["told"]
    assert (told["state"], told["evidence"].count("sha256")) == ("absent", 2)
    assert "2024-01-20 05:00 to 2024-01-20 06:00  absent" in say(project, "data", "list", "--provenance").out
    venue.mend()
    again = say(project, "heal", "--json")
    assert again.code == 1
    command = json.loads(again.out)["errors"][0]["hint"].partition(" again: btcli ")[2].partition(";")[0]
    forgotten = say(project, *shlex.split(command))
    assert (forgotten.code, "1 range without rows forgotten" in forgotten.out) == (0, True)
    assert say(project, "heal").code == 0
    row = trade_row(project)
    assert (row["holes"], row["absent"], row["told"]) == ([], [], [])


def test_what_is_not_given_is_told_alike_by_every_command(project: Path, venue: VenueServer) -> None:
    """Preflight, heal, list and verify call it not given, none of them absent, and heal asks for it again."""
    venue.hide("trade", HOLE, HOLE + HOUR_MS)
    venue.hide("trade", HOLE + 2 * HOUR_MS, HOLE + 3 * HOUR_MS)
    venue.vary("trade", HOLE - HOUR_MS)
    venue.vary("trade", HOLE + HOUR_MS)
    healed = say(project, "heal")
    assert healed.code == 3
    assert "answers of the exchange differ" in healed.err
    assert "2024-01-20 05:00, asked for and not given by the exchange" in healed.err
    checked = say(project, "preflight")
    assert (checked.code, "asked for and not given by the exchange" in checked.err) == (1, True)
    assert "confirmed absent" not in checked.err
    row = trade_row(project)
    assert row["absent"] == []
    assert sorted(told["state"] for told in row["told"])[-1] == "not given"
    assert re.search(r"not given, \d disputed", say(project, "data", "list").out)
    assert re.search(r"\d not given; \d disputed", say(project, "data", "verify").err)
    venue.mend()
    assert say(project, "heal").code == 0
    assert trade_row(project)["told"] == []


def test_nothing_to_forget_is_a_wrong_request(project: Path, venue: VenueServer) -> None:
    """A series without anything remembered, or another part of it, is told so with the command that lists."""
    venue.hide("trade", HOLE, HOLE + HOUR_MS)
    say(project, "preflight", "--heal")
    done = say(project, "data", "forget", *SERIES, "--end", "2024-01-20T05:00")
    assert (done.code, "data list --provenance" in done.err) == (2, True)
    assert say(project, "data", "forget", *SERIES).code == 0


def test_deleting_a_series_leaves_nothing_of_it(project: Path, venue: VenueServer) -> None:
    """Absences go with the rows; a series of which only they are left can be deleted, too."""
    venue.hide("trade", HOLE, HOLE + HOUR_MS)
    say(project, "preflight", "--heal")
    venue.mend()
    for start, end in (("2024-01-20T06:00", "2024-03-01"), ("2023-01-01", "2024-01-20T05:00")):
        assert say(project, "data", "delete", *SERIES, "--start", start, "--end", end, "--yes").code == 0
    done = say(project, "data", "delete", *SERIES, "--yes")
    assert (done.code, "0 rows deleted; 1 range" in done.out) == (0, True)
    assert say(project, "heal").code == 0
