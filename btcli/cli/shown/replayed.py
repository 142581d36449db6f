"""How a replay is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import on_one_line
from btcli.cli.shown.figures import count
from btcli.errors import Problem, ReplayDiffers
from btcli.exchange import RULES_VERSION

if TYPE_CHECKING:
    from btcli.artifacts.comparison import Difference
    from btcli.workflows.run.replay import ReplayOutcome


def replay_answer(outcome: ReplayOutcome) -> Answer:
    """The four questions and their answers; exit code 1 unless everything is identical."""
    problems = tuple((ReplayDiffers.__name__, problem) for problem in _problems(outcome))

    def show(console: Console) -> None:
        if outcome.holds:  # else stdout holds btcli's own words alone: no name in it can read like a verdict
            console.print(f"[bold]{on_one_line(outcome.run_dir)}[/]", soft_wrap=True)
        for number, (question, answer) in enumerate(_answers(outcome), 1):
            console.print(f"  {number} {question:<6} {escape(answer)}", soft_wrap=True)
        console.print(f"[{'green' if outcome.holds else 'red'}]replay: {outcome.verdict}[/]")

    exit_code = 0 if outcome.holds else ReplayDiffers.exit_code
    title = f"{ReplayDiffers.title}: {outcome.run_dir}"
    return Answer(_data(outcome), show, exit_code, (*outcome.code, *outcome.warnings), problems, title)


def _answers(outcome: ReplayOutcome) -> list[tuple[str, str]]:
    series = len(outcome.manifest.inputs.series)
    rows = sum(each.rows for each in outcome.manifest.inputs.series)
    data = f"{series} series, {rows:,} rows as recorded" if not outcome.drift else "changed"
    code = "as recorded" if not outcome.code else count(len(outcome.code), "change") + " since the run"
    return [
        ("files", outcome.files.counts),
        ("data", "not read" if outcome.drift is None else data),
        ("code", "not looked at" if outcome.drift is None or outcome.unwanted else code),
        ("again", _again(outcome)),
    ]


def _again(outcome: ReplayOutcome) -> str:
    """What the second run said, or why there was none."""
    compared = outcome.comparison
    if compared is not None:
        said = f"{len(compared.same)} files the same, {len(compared.differences)} differ"
        return said + ("" if outcome.state_hash_same is not False else ", the final state differs")
    if outcome.unwanted:
        return "not run: --no-run"
    if outcome.other_rules:
        return "not run: the rules are others"
    return "not run: the files are others" if outcome.drift is None else "not run: the data is another"


def _problems(outcome: ReplayOutcome) -> list[Problem]:
    found = [_other_rules(outcome)] if outcome.other_rules and not outcome.unwanted else []
    if not outcome.files.ok:
        found.append(Problem(outcome.files.summary, "files", "take an untouched copy of the run"))
    packed = f"on the data that it was made on: {outcome.from_pack}" if outcome.from_pack else ""
    found += [Problem(drift.said, f"{drift.name}:", "" if n else packed) for n, drift in enumerate(outcome.drift or ())]
    differences = outcome.comparison.differences if outcome.comparison else ()
    found += [_differs(difference) for difference in differences]
    if outcome.state_hash_same is False and not differences:
        found.append(Problem("the final state of the exchange differs, although the files agree"))
    return found


def _other_rules(outcome: ReplayOutcome) -> Problem:
    recorded, version = outcome.manifest.inputs.rules_version, outcome.manifest.environment.get("versions", {})
    made_by = version.get("btcli") if isinstance(version, dict) else None
    its_own = f"replay it with the btcli that made it{f' ({made_by})' if made_by else ''}"
    message = f"recorded under version {recorded} of the exchange's rules, this btcli has {RULES_VERSION}"
    return Problem(message, "other rules version:", f"{its_own}, or make the run again with this one")


def _differs(difference: Difference) -> Problem:
    """The first line that differs, as it was recorded and as it is now."""
    lines = f"recorded: {difference.ours or '(no such line)'}\nreplayed: {difference.theirs or '(no such line)'}"
    return Problem(difference.what, f"{difference.file}:{difference.line}", lines)


def _data(outcome: ReplayOutcome) -> dict[str, object]:
    differences = outcome.comparison.differences if outcome.comparison else ()
    return {
        "run_dir": outcome.run_dir,
        "run_id": outcome.manifest.run_id,
        "verdict": outcome.verdict,
        "files": outcome.files.to_dict(),
        "drift": [{"name": drift.name, "message": drift.said} for drift in outcome.drift or ()],
        "ran": [{"use": each.use, "file": each.file, "sha256": each.sha256} for each in outcome.ran],
        "code_changes": list(outcome.code),
        "state_hash_same": outcome.state_hash_same,
        "differences": [difference._asdict() for difference in differences],
    }
