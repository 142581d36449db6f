"""A copy of a config tree from which reported mistakes are taken out, so that the rest can be checked."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from btcli.config.findings import KeyPath

LTF = ("timeframes", "ltf")
_STAND_INS: dict[tuple[str, ...], Any] = {
    ("system",): "unnamed",
    ("venue",): "sample",
    ("symbols",): ["BTCUSDT"],
    LTF: "1w",
    ("risk", "sizing"): {"qty": 1.0},
    ("strategy", "use"): "unnamed",
}


def _beside(timeframes: dict[str, Any]) -> Any:
    """An ltf that quarrels with none of the roles beside it: the nearest finer one, else the nearest coarser one."""
    return next((timeframes[role] for role in ("exec", "mtf", "htf") if role in timeframes), _STAND_INS[LTF])


class Repair:
    """The mended tree, and which paths were touched; the tree that it was given stays as it is."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self.tree = self._given = tree
        self._touched: set[KeyPath] = set()

    def covers(self, path: KeyPath) -> bool:
        """Whether what is wrong at the path follows from something reported before."""
        return any(path[: len(touched)] == touched for touched in self._touched) or self._is_emptied(path)

    def _is_emptied(self, path: KeyPath) -> bool:
        """Whether a block holds nothing because what it held was taken out."""
        node: Any = self.tree
        for part in path:
            node = node.get(part) if isinstance(node, dict) else None
        return isinstance(node, dict) and not node and any(touched[: len(path)] == path for touched in self._touched)

    def mend(self, paths: Iterable[KeyPath]) -> bool:
        """Take the values at the paths out; False when nothing could be changed."""
        if self.tree is self._given:  # most trees have no mistake, and are never copied
            self.tree = deepcopy(self._given)
        mended: set[KeyPath] = set()
        for path in paths:
            if any(path[: len(done)] == done for done in mended):
                continue
            target = self._stand_in(path) or self._take_out(path)
            if target:
                mended.add(target)
        self._touched |= mended
        return bool(mended)

    def _stand_in(self, path: KeyPath) -> KeyPath:
        target: tuple[str, ...] = next((known for known in _STAND_INS if path[: len(known)] == known), ())
        if not target or target in self._touched:
            return ()
        node = self.tree
        for part in target[:-1]:
            node = node.setdefault(part, {})
        node[target[-1]] = _beside(node) if target == LTF else deepcopy(_STAND_INS[target])
        return target

    def _take_out(self, path: KeyPath) -> KeyPath:
        """Remove the key, or the nearest one above it that is there; items go with their whole list."""
        first_item = next((place for place, part in enumerate(path) if isinstance(part, int)), len(path))
        path = path[:first_item]
        while path:
            node: Any = self.tree
            for part in path[:-1]:
                node = node.get(part) if isinstance(node, dict) else None
            if isinstance(node, dict) and path[-1] in node:
                del node[path[-1]]
                return path
            path = path[:-1]
        return ()
