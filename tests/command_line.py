"""The btcli command as a process of its own, for tests of exit codes, streams and imports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT_S = 300


@dataclass(frozen=True)
class Finished:
    """What a finished process left: its exit code and its two streams."""

    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        """The one JSON line on stdout."""
        return dict(json.loads(self.out))


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """A wide screen without colours, and this checkout as the btcli that is imported."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BTCLI_")}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1", **(extra or {})}


def process_that_is_over() -> int:
    """The number of a process that was, and is no more."""
    over = os.fork()
    if not over:
        os._exit(0)
    os.waitpid(over, 0)
    return over


def hang_up_ends() -> None:
    """Before a command begins: under nohup it would ignore a hang-up, as whoever runs the tests does."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def btcli(*words: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Finished:
    """Run `btcli WORDS` to its end; a file or folder among the words may be a Path."""
    done = subprocess.run(
        [sys.executable, "-m", "btcli", *map(str, words)],
        cwd=cwd or ROOT,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Finished(done.returncode, done.stdout, done.stderr)
