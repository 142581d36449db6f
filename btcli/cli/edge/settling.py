"""The edge: every way in which a command can end becomes an answer with an exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from typer import TyperException

from btcli.cli.edge.answer import Answer, refusal
from btcli.cli.edge.usage import usage_error
from btcli.errors import AccessError, BtcliError, Problem
from btcli.pressing import answered, came_of_ctrl_c, comes_again, is_ctrl_c, let_go

INTERRUPTED = 130
BUG = 70
T = TypeVar("T")


class Said(SystemExit):
    """The end of a process that has already said what it had to say."""


def settled(work: Callable[[], T]) -> T | Answer:
    """What `work` gives, or the answer that its failure is."""
    try:
        return work()
    except Said:
        raise
    except BaseException as error:  # noqa: BLE001  the one place that may catch everything
        let_go()
        return failure(error)


def failure(error: BaseException) -> Answer:
    """The answer that an error is; what comes out of the user's code is the strategy's, wherever it was called."""
    from btcli.strategies.failing import is_of_user, strategy_error, user_frames

    if is_ctrl_c(error) or comes_again():  # numpy, for one, lets go of it and raises an error of its own
        return interrupted()
    kind = type(error)  # never `isinstance`, which asks the user's class what it is
    is_expected = issubclass(kind, BtcliError)
    if is_of_user(error) or (not is_expected and user_frames(error)) or not issubclass(kind, Exception):
        return refusal(strategy_error(error, "the strategy's code failed outside its calls"))
    if came_of_ctrl_c(error):  # as rmtree (3.11) makes an OSError of it
        return interrupted()
    if isinstance(error, TyperException):
        return refusal(usage_error(error))
    if isinstance(error, OSError):
        error = AccessError(error.strerror or str(error), where=str(error.filename or ""))
    if isinstance(error, BtcliError):
        return refusal(error)
    assert isinstance(error, Exception)
    return bug(error)


def interrupted() -> Answer:
    """The answer to Ctrl-C, of which no more is heard then."""
    answered()
    stopped = (("Interrupted", Problem("stopped by Ctrl-C")),)
    return Answer({}, exit_code=INTERRUPTED, problems=stopped, title="Interrupted")


def bug(error: Exception) -> Answer:
    """The answer to what nobody expected, with a report of it."""
    from btcli.cli.edge.crash import crash_report

    return Answer({}, exit_code=BUG, problems=(("Bug", crash_report(error)),), title="This is a bug in btcli")
