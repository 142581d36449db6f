"""Reports of runs whose files were written by somebody else: their names reach page and terminal as text alone."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, only_run, say, small_world, world_with_run

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "<img src=//evil.test/x>",
    "<svg/onload=alert(1)>",
    "<!--",
    "--><b>",
    "<![CDATA[<b>]]>",
    "<?php echo 1 ?>",
    '"><b onmouseover="alert(1)',
    "'><b onfocus='alert(1)' autofocus='",
    "` onload=alert(1) `",
    "javascript:alert(1)",
    "data:text/html,<b>",
    "&lt;b&gt;",
    "&#60;b&#62;",
    "${alert(1)}",
    "{{constructor.constructor('alert(1)')()}}",
    "{% for each in all %}",
    "@{net_pnl_usdt}{safe}",
    "@$name $index",
    "$$\\int_0^1 x$$",
    "\\(x^2\\)",
    "\\[x^2\\]",
    "\\u003cb\\u003e",
    "%3Cscript%3E",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://evil.test\x07link\x1b]8;;\x07",
    "\x9b2J",
    "\x00<b>\x07",
    "line\r\nbreak\ttab",
    "\u202ecod.exe",
    "\u2066left\u2069right",
    "\u2028line\u2029paragraph",
    "'; DROP TABLE trades; --",
    "1 OR 1=1",
    '=HYPERLINK("http://evil.test")',
    "[bold red]markup[/]",
    "../../../etc/passwd",
    "x" * 3000,
    "مرحبا بالعالم",
    "a\u0301\u0327\u0336 🏴\u200d☠️",
)
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")  # by a terminal
ELEMENT = re.compile(r"<[a-z/!?][^>]*>")
WITHOUT_SOURCES = re.compile(r"<(script|style)\b[^>]*>.*?</\1>", re.DOTALL)
CODE = """\
from btcli.strategies import Direction, Signal, Strategy

TAGS = {tags!r}


class Odd(Strategy):
    count = 0

    def decide(self, snapshot):
        if not snapshot.exchange.has_position:
            self.count += 1
            price = snapshot.ltf.close
            tag = TAGS[self.count % len(TAGS)]
            return Signal(Direction.LONG, stop_distance=0.005 * price, target_distance=0.005 * price, tag=tag)
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one run."""
    return world_with_run(tmp_path_factory.mktemp("hostile") / "small")


@pytest.fixture
def world(ran: Path, tmp_path: Path) -> Path:
    """A copy of it to write names into."""
    return Path(shutil.copytree(ran, tmp_path / "project"))


def rewritten(path: Path, change: Callable[[dict], object]) -> None:
    """A JSON file with something changed in it."""
    found = json.loads(path.read_text("utf-8"))
    change(found)
    path.write_text(json.dumps(found), "utf-8")


def with_names(run: Path, name: str) -> None:
    """The name as tag, parameter, file, reason and environment of a recorded run."""
    lines = [json.loads(line) for line in (run / "events.jsonl").read_text("utf-8").splitlines()]
    tagged = ({**line, "tag": name} if line["event"] == "signal" else line for line in lines)
    (run / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in tagged), "utf-8")

    def change(manifest: dict) -> None:
        manifest["inputs"]["config"]["strategy"]["params"] = {name: name}
        manifest["inputs"]["strategy"] = {"name": name, "sha256": name}
        manifest["outputs"]["files"][name] = {"sha256": name, "size": 1}
        manifest["environment"]["git_commit"] = name

    rewritten(run / "run_manifest.json", change)
    rewritten(run / "metrics.json", lambda metrics: metrics["null_reasons"].update(sharpe=name))


def elements_of(page: str) -> list[str]:
    """The elements of a page in their order, their attributes' values left out."""
    return [re.sub(r'="[^"]*"', "", each) for each in ELEMENT.findall(WITHOUT_SOURCES.sub(r"<\1></\1>", page))]


def elements_with(run: Path, name: str) -> list[str]:
    """The elements of the page of a run with such names; nothing that is said of it may be one to obey."""
    with_names(run, name)
    done = say(run.parent, "report", run)
    assert done.code == 0, done.err
    assert OBEYED.search(done.out + done.err) is None
    return elements_of((run / "report.html").read_text("utf-8"))


@pytest.fixture(scope="module")
def plain_elements(ran: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The elements of the page where all names are plain."""
    project = Path(shutil.copytree(ran, tmp_path_factory.mktemp("plain") / "project"))
    return elements_with(only_run(project), "plain")


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_of_any_kind_is_text_on_page_and_terminal(world: Path, plain_elements: list[str], name: str) -> None:
    """The page has the elements that it has with a plain name; neither it nor the terminal gets a character to obey."""
    run = only_run(world)
    assert elements_with(run, name) == plain_elements
    page = (run / "report.html").read_text("utf-8")
    assert OBEYED.search(WITHOUT_SOURCES.sub("", page)) is None
    assert "<" not in name or name not in page


@pytest.mark.parametrize("name", [each for each in HOSTILE if OBEYED.search(each)])
def test_a_symbol_of_any_kind_is_refused_or_text(world: Path, name: str) -> None:
    """In trades.csv, where no run wrote it, such a name ends in a page or in words, and in nothing that is obeyed."""
    run = only_run(world)
    (run / "trades.csv").write_text((run / "trades.csv").read_text().replace(",BTCUSDT,", f",{name},", 1))
    for words in (("report", run), ("report", name), ("report", run, "--out", f"no/{name}")):
        done = say(world, *words)
        assert done.code in (0, 2, 3)
        assert OBEYED.search(done.out + done.err) is None
        assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "name", ["<b>bold", "\x1b[31mred", "\u202ecod", "[red]x", "a\nb", "@{x} $$y$$ \\(z\\)", "'; --"]
)
def test_a_folder_of_any_name_is_told_as_text(world: Path, name: str) -> None:
    """A run and a page in folders of such names: the terminal gets nothing to obey, and --json the very path."""
    folder = world / name
    only_run(world).rename(folder)
    done = say(world, "report", folder, "--out", folder / f"{name}.html")
    assert done.code == 0, done.err
    assert OBEYED.search(done.out + done.err) is None
    assert Path(say(world, "report", folder, "--json").envelope["data"]["path"]) == folder / "report.html"


def test_tags_that_a_strategy_gives_are_text(tmp_path: Path) -> None:
    """A real run whose code tags its signals by every kind of name has a page in which each is a value of the table."""
    world = small_world(tmp_path / "tagged")
    tags = [name for name in HOSTILE if "\x00" not in name]
    (world / "odd.py").write_text(CODE.format(tags=tags))
    (world / "system.yml").write_text(SYSTEM.replace("use: mtf_trend", 'use: "odd.py:Odd"'))
    ran = say(world, "run")
    assert ran.code == 0, ran.err
    done = say(world, "report", "latest")
    assert done.code == 0, done.err
    page = (only_run(world) / "report.html").read_text("utf-8")
    assert OBEYED.search(ran.out + ran.err + done.out + done.err) is None
    assert OBEYED.search(WITHOUT_SOURCES.sub("", page)) is None
    assert not [name for name in tags if "<" in name and name in page]
    (rows,) = re.findall(r'<script type="application/json" class="trade-rows">(.*?)</script>', page)
    assert len(json.loads(rows)["tag"]["words"]) >= 20
