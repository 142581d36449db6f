"""docs/codes.md and docs/files.md tell every name that a run, a check or an answer can hold; none is forgotten."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import ROOT, prose_of

from btcli.analysis.review import SEVERITIES
from btcli.errors import BtcliError
from btcli.exchange.book import codes
from btcli.exchange.face.events import EQUITY_COLUMNS, Trade
from btcli.exchange.face.fields import LAYOUTS, SHARE_WARNED
from btcli.exchange.face.telling_wishes import SIGNAL

PACKAGE = ROOT / "btcli"
CODES = prose_of(ROOT / "docs" / "codes.md")
FILES = prose_of(ROOT / "docs" / "files.md")
CODE = re.compile(r"[A-Z]{2,}(_[A-Z]+)*")
WHERE_CODES_ARE = ("analysis", "market/health", "workflows", "artifacts", "legible", "simulation", "exchange/book")
NO_CODES = {"BTCUSDT", "USDT", "UTC", "OR", "AND", "SELECT", "GTC", "IOC", "FOK"}  # read by people as they are
INNER = {"RuleError", "ExpressionError"}  # caught where the system file is read: an answer has ConfigError
BESIDE = ("run_started", "run_finished")  # told by the engine, not by the exchange
FLAGS = set(codes.FLAG_NAMES.values())


def named(text: str) -> set[str]:
    """What stands in backticks."""
    return {word for found in re.findall(r"`([^`]+)`", text) for word in re.split(r",\s*", found)}


def kinds() -> set[str]:
    """Every kind of error that the source defines, by name."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    found = {"BtcliError"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found - {"BtcliError"}


def problems_by_hand() -> Iterator[str]:
    """The codes of pairs (code, problem) that the command line makes itself."""
    for path in (PACKAGE / "cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Constant):
                code, made = node.elts[0].value, node.elts[1]
                name = made.func if isinstance(made, ast.Call) else made
                if isinstance(name, ast.Name) and name.id in ("Problem", "crash_report", "problem", "said"):
                    yield str(code)


def written_codes() -> Iterator[str]:
    """Every text of the form of a code in the parts of the code that judge data and runs."""
    for part in WHERE_CODES_ARE:
        for path in sorted((PACKAGE / part).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                text = node.value if isinstance(node, ast.Constant) else None
                if isinstance(text, str) and CODE.fullmatch(text) and "_" in text:
                    yield text


def issues_of_preflight() -> dict[str, set[str]]:
    """By code: the severities of what a check of data can find, as its calls have them."""
    found: dict[str, set[str]] = {}
    for path in (*(PACKAGE / "market").rglob("*.py"), *(PACKAGE / "workflows").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in ("SanityIssue", "issues_at", "_rows_in"):
                words = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                for code in (word for word in words if isinstance(word, str) and CODE.fullmatch(word)):
                    found.setdefault(code, set()).update({"error", "warning"} & set(words) or {"warning"})
    return found


def all_kinds(above: type[BtcliError] = BtcliError) -> Iterator[type[BtcliError]]:
    """Every kind of error of btcli.errors and below it."""
    for each in above.__subclasses__():
        yield each
        yield from all_kinds(each)


@pytest.mark.parametrize("name", [*filter(None, codes.CODE_NAMES), *filter(None, codes.CAP_NAMES)])
def test_every_code_of_an_order_is_told(name: str) -> None:
    """Why an order was refused, cancelled or made smaller has a row."""
    assert f"| `{name}` |" in CODES


@pytest.mark.parametrize("name", [*filter(None, codes.EXIT_NAMES), *codes.RUN_STATUS_NAMES[1:]])
def test_every_end_is_told(name: str) -> None:
    """How a trade and how a run can end has a row."""
    assert f"| `{name}` |" in CODES


def test_every_error_is_told_with_its_exit_code() -> None:
    """Each kind of error that an answer can name has a row, and no row names another."""
    section = CODES.partition("## Error codes")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    exits = {name: cells[2].strip() for cells in rows for name in named(cells[1])}
    made = set(problems_by_hand())
    assert {"Bug", "Interrupted", "Ended", "NoDecisions", "VerifyFailed"} <= made
    assert set(exits) == (kinds() - INNER) | made | set(codes.RUN_STATUS_NAMES[1:-1])
    known = {each.__name__: str(each.exit_code) for each in all_kinds() if each.__name__ in exits}
    assert {name: exits[name] for name in known} == known


def test_every_code_in_the_source_is_told() -> None:
    """A code that some check or review gains is on the page on the same day."""
    assert sorted(set(written_codes()) - named(CODES) - NO_CODES) == []


def test_every_issue_of_preflight_is_told_with_its_severity() -> None:
    """What a check of data can find has a row, as an error or as a warning."""
    section = CODES.partition("## What preflight finds")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    assert {code: {cells[2].strip()} for cells in rows for code in named(cells[1])} == issues_of_preflight()


def test_every_switch_is_told() -> None:
    """Every variable of the environment by which the program is steered is on the page."""
    used = {found for path in PACKAGE.rglob("*.py") for found in re.findall(r'"(BTCLI_[A-Z_]+)"', path.read_text())}
    assert {"BTCLI_DATA", "BTCLI_RETRIES", "BTCLI_DEBUG"} <= used
    assert used - named(CODES) == set()


@pytest.mark.parametrize("kind", codes.EVENT_NAMES)
def test_every_event_is_told_with_its_fields(kind: int) -> None:
    """An event has a row, with each of its fields; flags have a table of their own."""
    name = codes.EVENT_NAMES[kind]
    (row,) = [line for line in FILES.splitlines() if line.startswith(f"| `{name}` |")]
    layouts = (
        *LAYOUTS.get(kind, ()),
        *(SIGNAL if name == "signal" else ()),
        *(SHARE_WARNED if name == "warned" else ()),
    )
    fields = {field.name for field in layouts} - FLAGS
    like = {"position_changed": "position_opened", "entries_enabled": "entries_disabled"}.get(name)
    assert fields - named(row) == set() or (like is not None and "the same" in row)


@pytest.mark.parametrize("name", [*BESIDE, *sorted(FLAGS), *Trade._fields, *EQUITY_COLUMNS])
def test_every_flag_and_column_is_told(name: str) -> None:
    """What stands in events.jsonl, trades.csv and equity_curve.csv is on the page."""
    assert name in named(FILES)


def test_every_figure_is_told(metrics: dict[str, object]) -> None:
    """Each key of a run's metrics.json is on the page."""
    assert set(metrics) - named(FILES) == set()


def test_every_file_is_told(run: Path) -> None:
    """Each file and folder of a run is on the page."""
    assert {each.name + "/" * each.is_dir() for each in run.iterdir()} - named(FILES) == set()


def test_the_manifest_is_told(manifest: dict[str, object]) -> None:
    """Each key of a manifest is on the page."""
    assert set(manifest) - named(FILES) == set()


def test_every_finding_is_told_with_its_severity() -> None:
    """Each kind of finding that a review can make has a row with every severity it can have."""
    said = {
        name: cells[2].strip()
        for cells in (line.split("|") for line in CODES.partition("## What the review finds")[2].splitlines())
        if len(cells) == 5
        for name in named(cells[1])
    }
    made: dict[str, set[str]] = {}
    for path in (PACKAGE / "analysis" / "review").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                code, severity = node.args[:2]
                words = {each.value for each in ast.walk(severity) if isinstance(each, ast.Constant)}
                made.setdefault(str(ast.literal_eval(code)), set()).update(words & set(SEVERITIES))
    assert {code: set(severity.split(", ")) for code, severity in said.items() if code in made} == made
    assert {"PROFIT_FROM_ONE_TRADE", "ANNUALISED_FROM_DAYS"} <= set(made)


def test_every_warning_that_is_told_is_said() -> None:
    """The words by which the page knows a warning are in the source."""
    section = CODES.partition("## Warnings")[2].partition("\n## ")[0]
    words = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    source = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    assert len(words) > 10
    assert [each for each in words if each not in source] == []
