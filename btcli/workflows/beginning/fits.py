"""Which days of which candles a first system can be run over, as they are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from btcli.config.loading import parse_system
from btcli.config.model import System, Window
from btcli.frozen import frozen
from btcli.market.picture import Range, picture
from btcli.market.series import Series
from btcli.market.store.reading import StoreReader
from btcli.market.window import LoadWindow
from btcli.simulation.parts import Prepared, prepared
from btcli.workflows.advice.candidates import Candidate, Changes, candidates
from btcli.workflows.advice.fitting import Extents, extents_of, is_healthy, longest_window, window_of
from btcli.workflows.beginning.roles import RoleLengths, role_lengths
from btcli.workflows.beginning.text import WINDOW, Chosen

MOST_PIECES, MOST_CHECKS = 3, 8
ADAPTS = ("fills.", "costs.", "warmup.", "data.funding_mark")  # keys that may be changed; the market is chosen already


@frozen
class Fit:
    """A system that the store could serve over a window."""

    lengths: RoleLengths
    candidate: Candidate
    window: LoadWindow

    @property
    def is_late(self) -> bool:
        """Whether features would have to wait for their history."""
        return self.candidate.system.warmup.missing == "start_late"

    @property
    def length_ms(self) -> int:
        """The length of the window."""
        return self.window.end_ms - self.window.start_ms


def first_fit(reader: StoreReader, chosen: Chosen, text_of: Callable[[RoleLengths], str]) -> Fit | None:
    """The finest candles with the least changes that pass preflight over at least half of the longest span there is.

    Where none of these passes the next longest is tried; None where nothing does.
    """
    fits = list(_fits(reader, chosen, text_of))
    longest = max((each.length_ms for each in fits if not each.is_late), default=0)
    places = {id(each): place for place, each in enumerate(fits)}

    def order(fit: Fit) -> tuple[bool, bool, int]:
        return 2 * fit.length_ms < longest, fit.is_late, places[id(fit)]

    tried = sorted(fits, key=order)[:MOST_CHECKS]
    return next((each for each in tried if is_healthy(reader, each.candidate, each.window)), None)


def _fits(reader: StoreReader, chosen: Chosen, text_of: Callable[[RoleLengths], str]) -> Iterator[Fit]:
    own = {each.series for market in chosen.markets for each in market.series}
    extents = {series: span for series, span in extents_of(reader).items() if series in own}
    breaks = {series: _breaks(reader, series) for series in own}
    whole = min(start for start, _ in extents.values()), max(end for _, end in extents.values())
    for lengths in role_lengths(set.intersection(*(market.timeframes("trade") for market in chosen.markets))):
        text = text_of(lengths)
        system = parse_system(text, "system.yml")
        parts = prepared(system, WINDOW, Window.between(*whole), Path())
        for candidate in candidates(system, _loader(text), extents):
            window = _longest(parts, candidate, extents, breaks)
            if window is not None and all(key.startswith(ADAPTS) for key in candidate.changes):
                yield Fit(lengths, candidate, window)


def _loader(text: str) -> Callable[[Changes], System]:
    def load(changes: Changes) -> System:
        return parse_system(text, "system.yml", [f"{key}={value}" for key, value in changes.items()])

    return load


def _breaks(reader: StoreReader, series: Series) -> tuple[Range, ...]:
    """Ranges inside a series without rows, whoever knows of them."""
    seen = picture(series, reader.times(series), reader.absent(series))
    return (*seen.holes, *seen.absent)


def _longest(
    parts: Prepared, candidate: Candidate, extents: Extents, breaks: Mapping[Series, Sequence[Range]]
) -> LoadWindow | None:
    """The longest span of whole days in which no series that is read has a hole."""
    like = window_of(parts, candidate, (parts.window.start_ms, parts.window.end_ms))
    if like is None or any(span.series not in extents for span in like.series):
        return None
    used = [span.series for span in like.series]
    start, end = min(extents[each][0] for each in used), max(extents[each][1] for each in used)
    pieces = _pieces(start, end, sorted(hole for each in used for hole in breaks[each]))
    wholes = ({each: _around(piece, extents[each], breaks[each]) for each in used} for piece in pieces)
    found = [longest_window(parts, candidate, whole, like) for whole in wholes]
    return max(filter(None, found), key=lambda each: each.end_ms - each.start_ms, default=None)


def _pieces(start: int, end: int, holes: Sequence[Range]) -> list[Range]:
    """The longest parts of a span between holes, the longest first."""
    edges = [(start, start), *(hole for hole in holes if hole[0] < end and hole[1] > start), (end, end)]
    reached, pieces = start, []
    for (_, before), (after, _) in pairwise(edges):
        reached = max(reached, before)
        if after > reached:
            pieces.append((reached, after))
    return sorted(pieces, key=lambda piece: piece[0] - piece[1])[:MOST_PIECES]


def _around(piece: Range, extent: Range, holes: Sequence[Range]) -> Range:
    """What a series has around a part of time, up to its own next holes."""
    start = max((hole[1] for hole in holes if hole[1] <= piece[0]), default=extent[0])
    end = min((hole[0] for hole in holes if hole[0] >= piece[1]), default=extent[1])
    return start, end
