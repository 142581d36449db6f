"""Files that are written, and digested on the way, by a thread beside the one that makes their text."""

from __future__ import annotations

import hashlib
from collections import deque
from pathlib import Path

from btcli.artifacts.disk import disk
from btcli.artifacts.manifest import FileOutput
from btcli.hands import Coming, Hands

MOST_WAITING = 16  # blocks: enough for a disk that pauses, and few beside what a run holds


class _Flowing:
    """One file that grows block by block; after one that the disk refused it gets no other."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb", buffering=0)
        self._digest, self._size = hashlib.sha256(), 0
        self._refusal: OSError | None = None

    def take(self, block: bytes | bytearray) -> None:
        """Write a block to its last byte; Python's lock is free meanwhile."""
        self.require_whole()
        left = memoryview(block)
        try:
            while left:
                left = left[self.file.write(left) :]
        except OSError as refusal:
            self._refusal = refusal
            raise
        self._digest.update(block)
        self._size += len(block)

    def require_whole(self) -> None:
        """Raise what the disk said where it refused a block."""
        if self._refusal is not None:
            raise self._refusal

    @property
    def output(self) -> FileOutput:
        """What it holds."""
        return FileOutput(sha256=self._digest.hexdigest(), size=self._size)


class Outflow:
    """The files of a folder, each begun with its header; blocks are written in the order in which they come.

    What the disk refuses is an AccessError at one of the next blocks, at the latest where the files are closed.
    """

    def __init__(self, folder: Path, headers: dict[str, bytes]) -> None:
        self._folder = folder
        with disk(folder):
            self._files = {name: _Flowing(folder / name) for name in headers}
        self._beside = Hands()
        self._waiting: deque[Coming[None]] = deque()
        for name, header in headers.items():
            self.put(name, header)

    def put(self, name: str, block: bytes | bytearray) -> None:
        """Hand on the next block of a file; waits for the disk where too many are on their way."""
        with disk(self._folder):
            while len(self._waiting) >= MOST_WAITING:
                self._waiting.popleft().result()
        file = self._files[name]
        self._waiting.append(self._beside.begin(lambda: file.take(block)))

    def close(self) -> dict[str, FileOutput]:
        """Write what is left and close the files; what each of them holds."""
        try:
            with disk(self._folder):
                while self._waiting:
                    self._waiting.popleft().result()
                for each in self._files.values():
                    each.require_whole()
        finally:
            self._beside.end()
            for each in self._files.values():
                each.file.close()
        return {name: each.output for name, each in self._files.items()}
