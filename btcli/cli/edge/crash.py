"""What a bug leaves behind: a report file, and one sentence on what to do with it."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from pathlib import Path

from btcli import __version__
from btcli.cli.edge.rendering import notice_stream
from btcli.errors import Problem
from btcli.legible.names import shown_plainly


def crash_report(error: Exception) -> Problem:
    """Write the traceback to a file in the temporary folder and say where it is.

    With BTCLI_DEBUG set, the traceback goes to stderr as well.
    """
    text = "".join(traceback.format_exception(error))
    if os.environ.get("BTCLI_DEBUG") and (stream := notice_stream()) is not None:
        stream.write(shown_plainly(text))
    summary = f"{type(error).__name__}: {error}"
    head = f"btcli {__version__}, Python {platform.python_version()}, {platform.platform()}\n{' '.join(sys.argv)}\n\n"
    return Problem(summary, where=_place(error), hint=f"please report it with {_written(head + text)}")


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def _written(text: str) -> str:
    try:
        descriptor, name = tempfile.mkstemp(prefix="btcli-", suffix=".txt", text=True)
        os.close(descriptor)
        Path(name).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError:
        return "the output of the same command under BTCLI_DEBUG=1"
    return f"the file {name}"
