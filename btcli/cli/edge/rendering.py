"""An answer as the text of both streams: drawn whole before a byte of it is written, so that it can fail in peace."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NamedTuple, TextIO

from btcli.cli.edge.answer import Answer, completed, envelope
from btcli.errors import AccessError


class Rendered(NamedTuple):
    """What a command says on stdout, then on stderr, and the exit code."""

    exit_code: int
    out: str
    err: str = ""


class Screen(NamedTuple):
    """What text is written on; `width` is None where it can be asked for when it is needed."""

    is_terminal: bool
    encoding: str
    width: int | None


class Streams(NamedTuple):
    """What stdout and stderr are written on."""

    out: Screen
    err: Screen


def streams() -> Streams:
    """What the two streams of this process are written on."""
    return Streams(_screen(sys.stdout), _screen(sys.stderr))


def _screen(stream: TextIO | None) -> Screen:
    """What is known of a stream now; a terminal whose size the other streams do not tell is asked at once."""
    if stream is None:
        return Screen(False, "utf-8", None)
    is_terminal, width = stream.isatty(), None
    if is_terminal and "COLUMNS" not in os.environ and not any(map(os.isatty, (0, 2))):
        with suppress(OSError, ValueError):
            width = os.get_terminal_size(stream.fileno()).columns
    return Screen(is_terminal, getattr(stream, "encoding", None) or "utf-8", width)


_aside: list[TextIO] = []


def notice_stream() -> TextIO | None:
    """stderr, whatever user code has made of `sys.stderr`; None where there is none."""
    return _aside[-1] if _aside else sys.stderr


def keep_stderr() -> None:
    """From now on notices go to the stderr of this moment."""
    with suppress(OSError):
        _aside.append(os.fdopen(os.dup(2), "w", errors="backslashreplace", buffering=1))


def rendered(answer: Answer, command: str | None, on: Streams) -> Rendered:
    """The envelope of `command`, or for people (None) a drawing and notices; a bug where that fails."""
    try:
        return _rendered(completed(answer), command, on)
    except Exception as error:  # noqa: BLE001  an answer that cannot be shown is the edge's to tell
        from btcli.cli.edge.settling import bug

        return _rendered(bug(error), command, on)


def _rendered(answer: Answer, command: str | None, on: Streams) -> Rendered:
    if command is not None:
        text = envelope(command, answer)
        is_writable = _is_encodable(text, on.out.encoding)
        return Rendered(answer.exit_code, (text if is_writable else envelope(command, answer, ascii_only=True)) + "\n")
    from btcli.cli.edge.screen import console_for, drawn, show_notices

    out, err = console_for(on.out), console_for(on.err)
    answer.show(out)
    show_notices(answer, err)
    return Rendered(answer.exit_code, drawn(out), drawn(err))


def _is_encodable(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def written(said: Rendered) -> int:
    """Write both streams; the exit code, which is another only where stdout takes nothing.

    A reader that went away, such as `head`, changes nothing.
    """
    problem = _written(sys.stdout, said.out)
    told = said.err if problem is None else f"{said.err}stdout cannot be written: {problem}\n"
    _written(sys.stderr, told)
    if problem is None:
        return said.exit_code
    return AccessError.exit_code if said.exit_code == 0 else said.exit_code


def _written(stream: TextIO | None, text: str) -> str | None:
    """Write it all; what the system says when it cannot be done."""
    if not text:
        return None
    if stream is None:
        return "it is closed"
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _discard(stream)
    except OSError as error:
        _discard(stream)
        return error.strerror or str(error)
    return None


def _discard(stream: TextIO) -> None:
    """Let what is still in the stream go nowhere, so that Python does not complain of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
