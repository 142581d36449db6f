"""How old dated specs are and how they lie to a window, against days counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from config_texts import MINIMAL

from btcli.config.loading import load_system
from btcli.config.specs.dating import age_days, days_beyond, is_day, last_day
from btcli.config.specs.snapshots import packaged_snapshot, read_snapshot
from btcli.errors import ConfigError

JANUARY_2024 = (1_704_067_200_000, 1_706_745_600_000)  # [2024-01-01, 2024-02-01)


def at(moment: str) -> int:
    """Milliseconds of a moment in UTC."""
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("as_of", "moment", "days"),
    [
        ("2026-08-05", "2026-11-24T00:00:00", 111),
        ("2026-08-05", "2026-11-24T23:59:59", 111),
        ("2026-08-05", "2026-08-05T12:00:00", 0),
        ("2026-08-05", "2026-08-04T12:00:00", -1),
        ("2024-02", "2024-03-01T00:00:00", 1),
        ("2024-12", "2024-12-01T00:00:00", -30),
        ("", "2024-01-01T00:00:00", None),
        ("last spring", "2024-01-01T00:00:00", None),
        ("2024-02-30", "2024-01-01T00:00:00", None),
    ],
)
def test_the_age_is_in_whole_days_of_the_calendar(as_of: str, moment: str, days: int | None) -> None:
    """From day to day whatever the hour; a month counts from its last day; words have no age."""
    assert age_days(as_of, at(moment)) == days


@pytest.mark.parametrize(
    ("as_of", "days"),
    [
        ("2024-02-01", 1),
        ("2026-08-05", 917),
        ("2024-01-31", 0),
        ("2024-01-01", 0),
        ("2024-01", 0),
        ("2023-12-31", -1),
        ("2023-12", -1),
        ("2023-01-01", -365),
        ("", None),
    ],
)
def test_the_distance_to_a_window_is_signed(as_of: str, days: int | None) -> None:
    """Above 0 after the window's last day, below 0 before its first, 0 inside."""
    assert days_beyond(as_of, *JANUARY_2024) == days


@pytest.mark.parametrize(("text", "is_one"), [("2024-02-29", True), ("2023-02-29", False), ("2024-02", False)])
def test_only_a_day_of_the_calendar_is_a_day(text: str, is_one: bool) -> None:
    """A month is none, nor is a day that never was."""
    assert is_day(text) == is_one


@pytest.mark.parametrize("venue", ["bybit", "binance", "sample"])
def test_every_packaged_snapshot_has_a_date_with_an_age(venue: str) -> None:
    """No packaged snapshot is of unknown age, and each knows its venue."""
    snapshot = packaged_snapshot(venue)
    assert (snapshot.is_packaged, snapshot.venue) == (True, venue)
    assert last_day(snapshot.as_of) is not None


def snapshot_file(folder: Path, venue: str, indent: int | None = None, tick_size: str = "0.5") -> Path:
    """A snapshot with one symbol."""
    import json

    tiers = [{"limit_usdt": 1000, "maintenance_rate": 0.01, "max_leverage": 10}]
    specs = {"tick_size": tick_size, "qty_step": "1", "min_qty": 1, "max_qty": 10, "tiers": tiers}
    path = folder / "mine.json"
    whole = {"format": 1, "venue": venue, "as_of": "2024-02-03", "instruments": {"BTCUSDT": specs}}
    path.write_text(json.dumps(whole, indent=indent))
    return path


def test_the_digest_of_a_snapshot_is_over_what_it_says(tmp_path: Path) -> None:
    """How the file is laid out does not count; a figure does."""
    digest = read_snapshot(snapshot_file(tmp_path, "bybit")).digest
    assert read_snapshot(snapshot_file(tmp_path, "bybit", indent=4)).digest == digest
    assert read_snapshot(snapshot_file(tmp_path, "bybit", tick_size="0.25")).digest != digest


def test_a_system_remembers_the_snapshot_it_names(tmp_path: Path) -> None:
    """The path as written, the venue and the day; it is no part of what the system is."""
    snapshot_file(tmp_path, "bybit")
    (tmp_path / "system.yml").write_text(MINIMAL + "instruments: mine.json\n")
    system = load_system(tmp_path / "system.yml")
    assert system.snapshot is not None
    assert (str(system.snapshot.path), system.snapshot.venue, system.snapshot.as_of) == (
        "mine.json",
        "bybit",
        "2024-02-03",
    )
    assert load_system(tmp_path / "system.yml", ("instruments=packaged",)).snapshot is None


def test_specs_of_another_venue_are_refused(tmp_path: Path) -> None:
    """Binance's specs say nothing of Bybit; sample data may try either."""
    snapshot_file(tmp_path, "binance")
    path = tmp_path / "system.yml"
    path.write_text(MINIMAL + "instruments: mine.json\n")
    with pytest.raises(ConfigError, match=r"instruments: mine.json holds rules of binance, the venue is bybit"):
        load_system(path)
    path.write_text(MINIMAL.replace("venue: bybit", "venue: sample") + "instruments: mine.json\n")
    assert load_system(path).snapshot is not None
