"""A run that was recorded under another version of the exchange's rules is told so, and never run again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, only_run, say

from btcli.exchange import RULES_VERSION

TELLS = """\
from pathlib import Path

from btcli.strategies import Strategy

Path("imported").touch()


class Tells(Strategy):
    def decide(self, snapshot):
        return None
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one packed run, whose manifest then says that it was made under the rules before these."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "system.yml").write_text(SYSTEM.replace("mtf_trend", "tells.py:Tells"))
    (folder / "tells.py").write_text(TELLS)
    assert say(folder, "data", "sample").code == 0
    assert say(folder, "run", "--pack").code == 0
    manifest = only_run(folder) / "run_manifest.json"
    told = json.loads(manifest.read_text())
    told["inputs"]["rules_version"] = str(RULES_VERSION - 1)
    manifest.write_text(json.dumps(told))
    (folder / "imported").unlink()
    return folder


@pytest.mark.parametrize("more", [(), ("--pack-only",)])
def test_it_is_answered_with_no_and_the_versions(world: Path, more: tuple[str, ...]) -> None:
    """Exit 1 with both versions and what to do; the word identical is nowhere, and the strategy is not loaded."""
    said = say(world, "replay", "latest", *more)
    assert said.code == 1
    assert said.out.splitlines()[-1] == "replay: other rules version"
    assert "identical" not in said.out + said.err
    told = f"recorded under version {RULES_VERSION - 1} of the exchange's rules, this btcli has {RULES_VERSION}"
    assert told in said.err
    assert not (world / "imported").exists()


def test_machines_read_it_as_the_verdict(world: Path) -> None:
    """The envelope's verdict is "other rules version", and the error names both."""
    envelope = say(world, "replay", "latest", "--json").envelope
    assert (envelope["exit_code"], envelope["data"]["verdict"]) == (1, "other rules version")
    assert f"version {RULES_VERSION - 1}" in envelope["errors"][0]["message"]
