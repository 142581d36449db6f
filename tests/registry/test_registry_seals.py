"""Spans that are sealed, and what is asked before anything inside is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from btcli.errors import AnswerIsNo, RequestError
from btcli.registry.asking import refusing, sealed_said
from btcli.registry.records import Seal, Span, read_registry
from btcli.registry.seals import asked_for, inside, opened, remembered

AT = "2026-01-01T00:00:00.000Z"
APRIL = Span("bybit", "BTCUSDT", 1_711_929_600_000, 1_714_521_600_000)  # of 2024


class Asking:
    """Somebody who is asked, and says yes or no."""

    def __init__(self, *, agrees: bool = True) -> None:
        self.asked: list[Sequence[Seal]] = []
        self._agrees = agrees

    def __call__(self, seals: Sequence[Seal]) -> None:
        self.asked.append(seals)
        if not self._agrees:
            raise AnswerIsNo("no")


def test_a_seal_is_remembered_once(tmp_path: Path) -> None:
    """It lives in the file, whatever becomes of the system that named it."""
    path = tmp_path / "trials.jsonl"
    first = remembered(read_registry(path), [APRIL, APRIL], AT)
    again = remembered(first, [APRIL], AT)
    assert again == first == read_registry(path)
    assert first.seals == (Seal(APRIL, AT),)
    assert len(path.read_text().splitlines()) == 1


def test_nothing_is_written_without_a_seal(tmp_path: Path) -> None:
    """A system without a sealed window leaves no file behind."""
    remembered(read_registry(tmp_path / "trials.jsonl"), [], AT)
    assert not (tmp_path / "trials.jsonl").exists()


@pytest.mark.parametrize(
    ("span", "is_inside"),
    [
        (APRIL, True),
        (APRIL._replace(end_ms=APRIL.start_ms), False),
        (APRIL._replace(start_ms=0, end_ms=APRIL.start_ms), False),
        (APRIL._replace(start_ms=0, end_ms=APRIL.start_ms + 1), True),
        (APRIL._replace(start_ms=APRIL.end_ms, end_ms=2**62), False),
        (APRIL._replace(start_ms=APRIL.end_ms - 1, end_ms=2**62), True),
        (APRIL._replace(start_ms=0, end_ms=2**62), True),
        (APRIL._replace(symbol="ETHUSDT"), False),
        (APRIL._replace(venue="binance"), False),
    ],
)
def test_a_moment_of_the_same_market_is_enough(tmp_path: Path, span: Span, is_inside: bool) -> None:
    """[start, end) of one symbol on one venue."""
    registry = remembered(read_registry(tmp_path / "trials.jsonl"), [APRIL], AT)
    assert bool(inside(registry, [span])) is is_inside


def test_a_closed_seal_is_asked_for_and_its_opening_recorded(tmp_path: Path) -> None:
    """Once: the next reading is not asked for, and is known to lie inside all the same."""
    path, asking = tmp_path / "trials.jsonl", Asking()
    registry = remembered(read_registry(path), [APRIL], AT)
    first = asked_for(registry, [APRIL], asking)
    opened(registry, first, "run a", AT)
    again = asked_for(read_registry(path), [APRIL], asking)
    assert asking.asked == [(Seal(APRIL, AT),)]
    assert first == ((Seal(APRIL, AT),), (Seal(APRIL, AT),))
    assert again == ((Seal(APRIL, AT),), ())
    assert [each.by for each in read_registry(path).openings] == ["run a"]


def test_a_no_opens_nothing(tmp_path: Path) -> None:
    """Whoever says no is asked again the next time."""
    path = tmp_path / "trials.jsonl"
    registry, asking = remembered(read_registry(path), [APRIL], AT), Asking(agrees=False)
    for _ in range(2):
        with pytest.raises(AnswerIsNo):
            asked_for(registry, [APRIL], asking)
    assert len(asking.asked) == 2
    assert read_registry(path).openings == ()


def test_who_cannot_ask_is_told_the_option() -> None:
    """The error says what is sealed, and how to go on."""
    with pytest.raises(RequestError) as raised:
        refusing([Seal(APRIL)])
    assert "bybit BTCUSDT, 2024-04-01 00:00 to 2024-05-01 00:00, is sealed" in str(raised.value)
    assert raised.value.problems[0].adds == "--unseal"


def test_several_seals_are_said_in_one_breath() -> None:
    """Each market and each span once."""
    seals = [Seal(APRIL), Seal(APRIL._replace(symbol="ETHUSDT"))]
    assert sealed_said(seals) == "bybit BTCUSDT, bybit ETHUSDT, 2024-04-01 00:00 to 2024-05-01 00:00, is sealed"
