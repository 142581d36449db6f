"""The next command, in the words in which a system was named: to be pasted as it stands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from btcli.frozen import frozen
from btcli.market.health.plan import NEVER_HEALED
from btcli.market.store.where import Stores
from btcli.registry.where import RUNS


@frozen
class Words:
    """A system, its window and its overrides as they were said, with the folder of the stores and that of the runs."""

    system: Path
    stores: Stores
    overrides: tuple[str, ...] = ()
    window: str | None = None
    start: str | None = None
    end: str | None = None
    runs: Path = RUNS

    def repair(self, venue: str) -> str:
        """The command that brings what is missing; one that heals can't be given a window by its dates."""
        if venue == NEVER_HEALED:  # generated data has no source, and is made for all windows
            return self._line("data sample", self._dates)
        if self.start or self.end:
            return f"{self.run()} --heal"
        return self._line("heal", ("--window", self.window) if self.window else ())

    def run(self, changes: Mapping[str, str] | None = None, span: tuple[str, str] | None = None) -> str:
        """A run with `changes` by key, over `span` (start and end) instead of the window."""
        named = ("--window", self.window) if self.window else ()
        when = (self._dates or named) if span is None else ("--start", span[0], "--end", span[1])
        out = () if self.runs == RUNS else ("--out", str(self.runs))
        return self._line("run", (*when, *out), changes or {})

    def changed(self, changes: Mapping[str, str]) -> tuple[str, ...]:
        """The overrides with `changes` in place of those of the same keys."""
        kept = [text for text in self.overrides if text.partition("=")[0].strip() not in changes]
        return (*kept, *(f"{key}={value}" for key, value in changes.items()))

    def _line(self, verb: str, options: Sequence[str], changes: Mapping[str, str] | None = None) -> str:
        sets = [word for text in self.changed(changes or {}) for word in ("--set", text)]
        return shlex.join(["btcli", *verb.split(), str(self.system), *options, *sets]) + self.stores.options

    @property
    def _dates(self) -> tuple[str, ...]:
        return ("--start", self.start, "--end", self.end) if self.start and self.end else ()
