"""Work in a second process beside this one, where the platform can fork safely."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")


class Beside(Generic[T]):
    """Starts `work` at once in a fork of this process; `result` waits for it.

    The work must touch nothing outside itself: what it changes is lost with the process. Where nothing can be
    forked, or the process ended without an answer, `result` does the work here, and raises what it raises.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._answer: Connection | None = None
        if sys.platform == "linux":
            self._start()

    def _start(self) -> None:
        from multiprocessing import get_context

        context = get_context("fork")
        self._answer, sender = context.Pipe(duplex=False)
        context.Process(target=_deliver, args=(sender, self._work), daemon=True).start()
        sender.close()

    def result(self) -> T:
        """What the work gave."""
        if self._answer is not None:
            try:
                answer: T = self._answer.recv()
            except EOFError:
                pass  # it failed there; here it can say why
            else:
                return answer
        return self._work()


def _deliver(sender: Connection, work: Callable[[], Any]) -> None:
    """Send the answer; an error is not sent, its trace is not shown, and the other side does the work itself."""
    import os

    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        sys.stderr = nowhere
        sender.send(work())
