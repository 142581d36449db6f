"""Everything btcli can say no with.

BtcliError                      70  never raised itself; a bare one would be a bug
├── RequestError                 2  the request or the config is wrong
│   └── ConfigError              2  every problem of a file, each with file:line:column
│       └── UnusableFiles        2  the same of files that were to be taken in
├── AnswerIsNo                   1  asked, and the answer is no
│   ├── UnhealthyData            1  preflight found data that a run must not use
│   └── ReplayDiffers            1  a replay or a second run is not what the first one was
├── AccessError                  3  something outside could not be read or reached
│   ├── StoreError               3  the store is unreadable, damaged or not writable
│   ├── StoreLocked              3  another process holds the store
│   └── SourceError              3  a venue could not be reached or answered nonsense
└── StrategyError                4  the user's strategy raised

An account that is liquidated or stopped is a result (exit code 5), not an error.
"""

from __future__ import annotations

from typing import ClassVar

from btcli.frozen import frozen


@frozen
class Problem:
    """One thing that is wrong: where it is, what it is, and what to do next.

    `steps` are commands to be pasted, each behind what it does, as "repair it with: btcli heal"; `adds` are options
    with which the very command that failed goes on, an example where there is a choice.
    """

    message: str
    where: str = ""
    hint: str = ""
    steps: tuple[str, ...] = ()
    adds: str = ""

    @property
    def told(self) -> str:
        """The hint and the steps as one text."""
        return "; or ".join((*([self.hint] if self.hint else []), *self.steps))

    def __str__(self) -> str:
        said = f"{self.where} {self.message}" if self.where else self.message
        return f"{said} ({self.told})" if self.told else said


class BtcliError(Exception):
    """An expected failure: a sentence, the place, the next step, and the exit code."""

    title: ClassVar[str] = "Something went wrong"
    exit_code: ClassVar[int] = 70

    def __init__(
        self, message: str, *, where: str = "", hint: str = "", steps: tuple[str, ...] = (), adds: str = ""
    ) -> None:
        super().__init__(message)
        self.problems: tuple[Problem, ...] = (Problem(message, where, hint, steps, adds),)

    @property
    def code(self) -> str:
        """The stable name of this kind of error in machine-readable output."""
        return type(self).__name__

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class RequestError(BtcliError):
    """What was asked cannot be done as it was asked."""

    title = "The request is not possible"
    exit_code = 2


class ConfigError(RequestError):
    """A configuration with one or more problems, all of them listed."""

    title = "The configuration has problems"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems[0].message, where=problems[0].where, hint=problems[0].hint)
        self.problems = problems


class UnusableFiles(ConfigError):
    """Files that were to be taken in and cannot be, with all of their problems."""

    title = "The files cannot be used"


class AnswerIsNo(BtcliError):
    """The question was understood and answered: no."""

    title = "No"
    exit_code = 1


class UnhealthyData(AnswerIsNo):
    """The data has holes or nonsense in it; nothing was run."""

    title = "The data is not healthy"


class ReplayDiffers(AnswerIsNo):
    """Two runs of the same inputs are not the same."""

    title = "The replay differs"


class AccessError(BtcliError):
    """A file, a store or a venue could not be read, written or reached."""

    title = "Not reachable"
    exit_code = 3


class StoreError(AccessError):
    """The store file is unreadable, damaged or not writable."""

    title = "The store cannot be used"


class StoreLocked(AccessError):
    """Another process holds the store, and waiting did not help."""

    title = "The store is in use"


class SourceError(AccessError):
    """A venue could not be reached, refused, or answered nonsense."""

    title = "The source did not deliver"


class StrategyError(BtcliError):
    """The user's strategy raised; carries the user's part of the traceback."""

    title = "The strategy raised"
    exit_code = 4
