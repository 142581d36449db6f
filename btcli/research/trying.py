"""Which values of a sweep nobody could run: found out before the first trial."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any

from btcli.config.findings import did_you_mean, listed
from btcli.config.model import System
from btcli.digest import canonical_json
from btcli.errors import ConfigError, Problem, RequestError
from btcli.research.axes import Axis, Continuous, Stepped, is_replaced_by
from btcli.research.part import Part, are_numbers_in_rules, params_of_rules, rules_decide, system_with
from btcli.research.plan import turns_world
from btcli.research.space import Space

MOST_TRIED = 2_000  # values in steps of one key; of more the first, the last, and others evenly between them
MOST_PREPARED = 200  # the same where each of them has to be read as a whole
MOST_COMBINED = 256  # combinations with other axes in which a value is looked for that can be run
LOOKED_AT = ("features", "strategy", "symbols", "instruments", "warmup")  # these decide more than pydantic knows of
NOTHING = "none"  # as the reference writes a default that is nothing
_ITEM = re.compile(r"\.\d+(?=\.|$)|\[\d*\]")  # of a list, in a key
FIXED = {
    "windows": "--window, or --start and --end, choose the window",
    "system": "the name of a system changes no result",
    "output": "what is written changes no result",
}


def require_runnable(part: Part, space: Space) -> None:
    """Look at every key and value by itself, the others being as the file has them.

    Raises ConfigError with every key that does not exist and every value that could not be run in any trial.
    """
    problems = [problem for axis in space.axes for problem in _known(part, axis)]
    if not problems:
        problems = [problem for axis in space.axes for problem in _wrong(part, space, axis)]
    if problems:
        raise ConfigError(tuple(problems))


def _known(part: Part, axis: Axis) -> Iterator[Problem]:
    """What is wrong with the key, where anything might stand under that name."""
    system, path, where = part.system, axis.path, f"--grid {axis.key}"
    if path[0] in FIXED:
        yield Problem("cannot be varied", where, FIXED[path[0]])
    elif any(is_replaced_by(axis, text.partition("=")[0].strip()) for text in part.source.sets):
        yield Problem("is varied, and set by --set", where, "leave one of them out")
    elif len(path) == 1 and path[0] not in System.model_fields and (known := _ending_so(system, path[0])):
        yield Problem("unknown key", where, f"did you mean {' or '.join(known)}?")
    elif (item := _ITEM.search(axis.key)) is not None:
        whole = axis.key[: item.start()]
        said = f"names an item of {whole}: lists are varied as a whole"
        yield Problem(said, where, f"give whole lists: --grid '{whole}=[[...], [...]]'")
    elif (params := params_of_rules(system, axis.key)) is not None:
        yield from _among(path[-1], params, "parameter of the rules", where)
    elif path[0] == "features" and len(path) == 3:
        names = {each.name for plan in part.plans for each in plan.features if each.role == path[1]}
        yield from _among(path[2], names, f"feature of {path[1]}", where)
    elif turns_world(axis) and isinstance(axis.values, Continuous):
        yield Problem("each of its values needs a world of its own", where, "give the range a step, or list values")


def _ending_so(system: System, name: str) -> list[str]:
    """Whole keys of parameters and features of this name."""
    features = (f"features.{role}.{name}" for role, named in system.features.items() if name in named)
    return [*([f"strategy.params.{name}"] if name in system.strategy.params else []), *features]


def _among(name: str, known: Any, what: str, where: str) -> Iterator[Problem]:
    if name not in known:
        there = f"there is {listed(sorted(known))}" if known else "there is none"
        yield Problem(f"{name!r} is no {what}", where, did_you_mean(name, known) or there)


def _wrong(part: Part, space: Space, axis: Axis) -> Iterator[Problem]:
    """What is wrong with each of its values that no other axis could put right, one after the other."""
    for value in axis.some(most_tried(part, axis)):
        problems = problems_of(part, {axis.key: value})
        if problems and not _fits_somewhere(part, space, axis, value):
            yield _told(axis, value, problems[0])
            return  # one is enough to know what is wrong


def _told(axis: Axis, value: Any, problem: Problem) -> Problem:
    """A problem of a value: the key that is wrong is named where it is another, and for nothing what to write."""
    said, hint = problem.message.removeprefix(f"{axis.key}: "), problem.hint
    if problem.where and said == problem.message and axis.key not in f"{problem.where} {said}":
        said = f"{problem.where} {said}"
    if value is None or value == NOTHING:
        above = axis.key.rpartition(".")[0] or axis.key
        hint = f"to leave {axis.key} out in some trials, vary {above} as a whole, once without it"
    return Problem(f"{canonical_json(value).decode()}: {said}", f"--grid {axis.key}", hint)


def _fits_somewhere(part: Part, space: Space, axis: Axis, value: Any) -> bool:
    """Whether some combination with values of the other axes can be run."""
    others = [other for other in space.axes if other is not axis]
    most = max(2, int(MOST_COMBINED ** (1 / max(1, len(others)))))
    combined = product(*(tuple(other.some(most)) for other in others))
    keys = [other.key for other in others]
    return any(
        not problems_of(part, {axis.key: value, **dict(zip(keys, values, strict=True))})
        for values in islice(combined, MOST_COMBINED)
        if others
    )


def problems_of(part: Part, changes: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Why a system with these values could not be run, as far as one sees without data; empty where it can."""
    try:
        if any(key.split(".")[0] in LOOKED_AT for key in changes) and not are_numbers_in_rules(part, changes):
            part.plans_with(changes)
        else:
            system_with(part, changes)
    except RequestError as error:
        return error.problems
    return ()


def most_tried(part: Part, axis: Axis) -> int:
    if params_of_rules(part.system, axis.key) is not None and not _are_texts(axis):
        return 2  # any number may stand there
    is_cheap = axis.path[0] not in LOOKED_AT or (rules_decide(part.system) and axis.path[:2] != ("strategy", "rules"))
    return MOST_TRIED if is_cheap else MOST_PREPARED


def _are_texts(axis: Axis) -> bool:
    return isinstance(axis.values, Stepped) and axis.values.before is not None
