"""Knows where each key of a system came from: a line and column of its file, --set, or a snapshot of specs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from btcli.config.findings import Finding, KeyPath, Place, key_of
from btcli.errors import Problem

if TYPE_CHECKING:
    from btcli.config.specs.snapshots import SpecsSnapshot

FROM_SET = "--set"


@dataclass(frozen=True, eq=False)
class Places:
    """The file's name, the place of each key and of its value, the keys that were overridden, the snapshot it names.

    Any two are equal: where a system was written is no part of what it is.
    """

    name: str = ""
    places: Mapping[KeyPath, Place] = field(default_factory=dict)
    overridden: tuple[KeyPath, ...] = ()
    snapshot: SpecsSnapshot | None = None
    values: Mapping[KeyPath, Place] = field(default_factory=dict)

    def where(self, path: KeyPath) -> str:
        """`file:line:column` of the key or of the nearest key above it; `--set` for an override."""
        if self._override(path) is not None:
            return FROM_SET
        line, column = self._nearest(path)
        return f"{self.name}:{line}:{column}"

    def where_value(self, path: KeyPath) -> str:
        """The same of the key's value; of the key where that is not known."""
        if path not in self.values or self._override(path) is not None:
            return self.where(path)
        line, column = self.values[path]
        return f"{self.name}:{line}:{column}"

    def problem(self, finding: Finding) -> Problem:
        """The finding with its place and key in front."""
        key = key_of(finding.path)
        where = self.where(finding.path)
        if finding.at is not None:
            where = f"{self.name}:{finding.at.line}:{finding.at.column}"
        return Problem(f"{key}: {finding.message}" if key else finding.message, where, finding.hint)

    def holds(self, path: KeyPath) -> bool:
        """Whether the key was written: in the file or by an override, by itself or as part of one."""
        return path in self.places or any(path[: len(key)] == key[: len(path)] for key in self.overridden)

    def order(self, finding: Finding) -> tuple[int, Place]:
        """Sorts findings by place, those of --set last and as they were given."""
        if finding.at is not None:
            return 0, finding.at
        override = self._override(finding.path)
        return (0, self._nearest(finding.path)) if override is None else (1 + override, Place(0, 0))

    def _override(self, path: KeyPath) -> int | None:
        """Which override the key comes from: one at or above it, or one that made the section it is."""
        made = path not in self.places
        for number, key in enumerate(self.overridden):
            if path[: len(key)] == key or (made and key[: len(path)] == path != ()):
                return number
        return None

    def _nearest(self, path: KeyPath) -> Place:
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Places)

    def __hash__(self) -> int:
        return 0
