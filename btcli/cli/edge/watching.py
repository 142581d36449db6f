"""A command whose user code may do anything to its process: it works in a child, and this process waits for its word.

The child says what it has to say in one message with the exit code, at its very end. Nothing but that message reaches
stdout, and where it does not come the exit code is not 0, however the child ended.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import wraps
from typing import Any, NoReturn

from btcli.cli.edge.allocating import return_large_blocks
from btcli.cli.edge.answer import Answer
from btcli.cli.edge.leaving import leave_cycles
from btcli.cli.edge.rendering import Rendered, Streams, keep_stderr, notice_stream, rendered, streams
from btcli.cli.edge.settling import Said, interrupted, settled
from btcli.errors import Problem, StrategyError
from btcli.legible.figures import count

LEFT_BEHIND_S = 10  # how long threads and exit functions of user code may take once everything is said
UNTOLD_S = 1  # of that without a word
GOES_ON = {"sweep": "the chunks that are done are kept: the same command goes on"}  # stopped from outside
PASSED_ON = ("SIGINT", "SIGTERM", "SIGHUP")
command_name: ContextVar[str] = ContextVar("command_name")  # set where this process does one command and no more

Verb = Callable[..., Any]


def watched(verb: Verb) -> Verb:
    """The verb, for commands that run user code: done by a child where this process may make one."""

    @wraps(verb)
    def command(**given: Any) -> Answer | Rendered:
        name = command_name.get(None)
        if name is None or not hasattr(os, "fork"):
            answer: Answer = verb(**given)
            return answer
        return _word_of_child(lambda: verb(**given), name, as_json=given["as_json"])

    return command


def _word_of_child(work: Callable[[], Answer], name: str, *, as_json: bool) -> Rendered:
    """What the child says; in the child itself it ends the process."""
    on, mark, command = streams(), os.urandom(16), name if as_json else None
    reading, writing = os.pipe()
    parent = os.getpid()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()
    with _signals_held() as heard:
        child = os.fork()
        if not child:
            os.close(reading)
            _begin_child(writing, parent)
            _work(lambda: _hearing(work, heard), command, on, writing, mark)
        os.close(writing)
        before = _pass_on_signals(child)
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        word = _word(pipe.fileno(), mark)
        _see_it_end(child, pipe.fileno(), said=word is not None)
    _, status = os.waitpid(child, 0)
    for number, handler in before.items():
        signal.signal(number, handler)
    return word or rendered(_ended(status, name), command, on)


@contextmanager
def _signals_held() -> Iterator[set[int]]:
    """None arrives before both processes know what to do with it; gives those that were held before."""
    numbers = {getattr(signal, name) for name in PASSED_ON}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pass_on_signals(child: int) -> dict[int, Any]:
    """Whoever ends this process means the child; what is ignored stays so. Gives the handlers from before."""

    def pass_on(number: int, _: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, number)

    numbers = [getattr(signal, name) for name in PASSED_ON]
    return {
        number: signal.signal(number, pass_on) for number in numbers if signal.getsignal(number) is not signal.SIG_IGN
    }


def _begin_child(writing: int, parent: int) -> None:
    """User code finds stderr in the place of stdout, cannot end the process, and ends with this process's parent."""
    from btcli.strategies.guarding import end_with_parent, forbid_ending

    keep_stderr()
    _move_stdout_aside()
    forbid_ending(on_fork=lambda: os.close(writing))
    return_large_blocks()
    end_with_parent(parent)


def _move_stdout_aside() -> None:
    """Descriptor 1 becomes stderr's; Python's streams get descriptors of their own, which closing 1 and 2 leaves."""
    try:
        os.dup2(2, 1)
    except OSError:  # there is no stderr
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(1, 2)
    for name in ("stdout", "stderr"):
        setattr(sys, name, os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace", closefd=False))


def _hearing(work: Callable[[], Answer], held: set[int]) -> Answer:
    """Do the command and hear signals meanwhile, those that came before, too; once it is done Ctrl-C comes too late."""
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        return work()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(work: Callable[[], Answer], command: str | None, on: Streams, writing: int, mark: bytes) -> NoReturn:
    """Do the command, say the word, and let Python end as always: exit functions run, files are flushed.

    Ctrl-C ends what they leave running.
    """
    import json

    is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    said = rendered(settled(work), command, on)
    body = json.dumps(said).encode()
    with suppress(OSError):
        whole = memoryview(mark + len(body).to_bytes(8, "big") + body)
        while whole:
            whole = whole[os.write(writing, whole) :]
    if not is_ignored:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    leave_cycles()
    if command is None:
        _tell_of_threads()
    raise Said(said.exit_code)


def _tell_of_threads() -> None:
    """Where user code left threads running, say after a while that Python's end waits for them."""
    from threading import Thread, Timer, enumerate, main_thread

    def left() -> int:
        is_daemon = vars(Thread)["daemon"].__get__  # its class may have another
        return sum(each is not main_thread() and not is_daemon(each) for each in enumerate())

    def tell() -> None:
        if stream := notice_stream() if left() else None:
            line = f"waiting at most {LEFT_BEHIND_S} s for {count(left(), 'thread')} of Python code that still runs"
            print(f"{line}; Ctrl-C ends it", file=stream, flush=True)

    if left():
        timer = Timer(UNTOLD_S, tell)
        timer.daemon = True
        timer.start()


def _word(pipe: int, mark: bytes) -> Rendered | None:
    """The child's message, None where it ends without one; what else is written into the pipe is passed over."""
    import json

    heard = b""
    while part := os.read(pipe, 1 << 16):
        heard += part
        begin = heard.find(mark) + len(mark)
        size = int.from_bytes(heard[begin : begin + 8], "big")
        if begin >= len(mark) and len(heard) >= begin + 8 + size:
            return Rendered(*json.loads(heard[begin + 8 : begin + 8 + size]))
    return None


def _see_it_end(child: int, pipe: int, *, said: bool) -> None:
    """Wait until the child has ended, which closes the pipe; what user code left running has so long and no more."""
    if not said:
        return
    while select.select([pipe], [], [], LEFT_BEHIND_S)[0]:
        if not os.read(pipe, 1 << 16):
            return
    os.kill(child, signal.SIGKILL)


def _ended(status: int, name: str) -> Answer:
    """The answer for a child that said nothing, by how it ended."""
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGINT:
        return interrupted()
    how = f"with exit status {code}" if code >= 0 else f"by signal {-code} ({signal.Signals(-code).name})"
    hint = "btcli stops Python code from doing so, not compiled code and not whoever sends signals"
    if code == -signal.SIGKILL:
        hint = "the system does so when memory runs out"
    if -code in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL) and name in GOES_ON:  # others would come again
        hint = f"{hint}; {GOES_ON[name]}"
    problem = Problem(f"the process that ran the strategy was ended {how}, before it had an answer", hint=hint)
    exit_code = StrategyError.exit_code if code >= 0 else 128 - code
    return Answer({}, exit_code=exit_code, problems=(("Ended", problem),), title="There is no answer")
