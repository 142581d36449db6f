"""Work in a second process beside this one, where the platform can fork safely."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from btcli.interrupts import interrupts_held
from btcli.strategies.guarding import end_with_parent, stay

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

T = TypeVar("T")
PATIENCE_S = 2  # in which work that is no longer wanted ends what it writes


class Beside(Generic[T]):
    """Starts `work` at once in a fork of this process; `result` waits for it.

    The work must touch nothing outside itself but files, and run no user code: what it changes is lost with the
    process. Where nothing can be forked `result` does the work here. Where the system refuses another process, or
    that ended without an answer, it does so, too, and `failure` says what happened. As a context manager it ends with
    its block: where an error ends that, by a KeyboardInterrupt there.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self.failure = ""
        self._work = work
        self._answer: Connection | None = None
        self._process: BaseProcess | None = None
        if sys.platform == "linux":
            self._start()

    def _start(self) -> None:
        from multiprocessing import get_context

        context = get_context("fork")
        answer, sender = context.Pipe(duplex=False)
        process = context.Process(target=_deliver, args=(sender, self._work, os.getpid()), daemon=True)
        with interrupts_held():  # in the process that is started, too, until it has settled what Ctrl-C means there
            try:
                process.start()
            except OSError as refusal:
                self.failure = f"a second process was refused ({refusal.strerror})"
            else:
                self._answer, self._process = answer, process
            sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        if error is not None:
            self._process.terminate()
            self._process.join(PATIENCE_S)
        self._process.kill()
        self._process.join()

    def result(self) -> T:
        """What the work gave, there or here; raises what it raises here."""
        if self._answer is not None and self._process is not None:
            try:
                answer: T = self._answer.recv()
            except EOFError:
                self._process.join()
                self.failure = f"a second process {_ending(self._process.exitcode)} without an answer"
            else:
                return answer
        return self._work()


def _ending(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"was killed by signal {-exitcode}"
    return f"ended with code {exitcode}"


def _deliver(sender: Connection, work: Callable[[], Any], parent: int) -> None:
    """Send the answer; an error is not sent, its trace is not shown, and the other side does the work itself.

    Ctrl-C is for the other side, which ends this process; where that is killed, this process ends, too.
    """
    stay()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(parent)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        sys.stderr = nowhere
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        sender.send(work())
