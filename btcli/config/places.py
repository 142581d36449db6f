"""Knows where each key of a system came from: a line and column of its file, or --set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from btcli.config.findings import Finding, KeyPath, Place, key_of
from btcli.errors import Problem

FROM_SET = "--set"


@dataclass(frozen=True, eq=False)
class Places:
    """The file's name, the place of each key in it, and the keys that were overridden.

    Any two are equal: where a system was written is no part of what it is.
    """

    name: str = ""
    places: Mapping[KeyPath, Place] = field(default_factory=dict)
    overridden: frozenset[KeyPath] = frozenset()

    def where(self, path: KeyPath) -> str:
        """`file:line:column` of the key or of the nearest key above it; `--set` for an override."""
        if any(path[: len(key)] == key for key in self.overridden):
            return FROM_SET
        line, column = self._nearest(path)
        return f"{self.name}:{line}:{column}"

    def problem(self, finding: Finding) -> Problem:
        """The finding with its place and key in front."""
        key = key_of(finding.path)
        where = self.where(finding.path)
        if finding.at is not None:
            where = f"{self.name}:{finding.at.line}:{finding.at.column}"
        return Problem(f"{key}: {finding.message}" if key else finding.message, where, finding.hint)

    def order(self, finding: Finding) -> tuple[bool, Place]:
        """Sorts findings by place, those of --set last."""
        if finding.at is not None:
            return False, finding.at
        return self.where(finding.path) == FROM_SET, self._nearest(finding.path)

    def _nearest(self, path: KeyPath) -> Place:
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Places)

    def __hash__(self) -> int:
        return 0
