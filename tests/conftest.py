"""What all tests share: hypothesis runs the same examples everywhere, and no wall clock decides."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

settings.register_profile(
    "btcli", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("btcli")


KEPT = ("BTCLI_MUTATED_FILES",)  # how many, said to tests

for name in [name for name in os.environ if name.startswith("BTCLI_") and name not in KEPT]:
    del os.environ[name]  # what whoever runs the tests has chosen for btcli is no business of theirs


@pytest.fixture(scope="session", autouse=True)
def temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Reports of crashes and whatever else goes into the temporary folder, of children too, goes with the tests."""
    own = str(tmp_path_factory.mktemp("temporary"))
    before = {name: os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")}
    os.environ.update(dict.fromkeys(before, own))
    tempfile.tempdir = None
    yield
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    tempfile.tempdir = None


@pytest.fixture(autouse=True)
def import_path() -> Iterator[None]:
    """Folders of strategies that a test loads lead the imports of no other test, nor are those of the tests gone."""
    before = list(sys.path)
    yield
    sys.path[:] = before


NEEDS_BROWSER = ("Chromium is not installed", "playwright is not installed")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say last how many tests of the page in a browser were skipped: what nobody looked at is not to be overlooked.

    With SKIPPED_BROWSER_TESTS the same line goes into that file, for who has more to print.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    reasons = [str(report.longrepr) for report in reporter.stats.get("skipped", ())]
    count = sum(any(reason in said for reason in NEEDS_BROWSER) for said in reasons)
    line = f"browser tests skipped: {count}"
    if count:
        reporter.write_line(line)
    if path := os.environ.get("SKIPPED_BROWSER_TESTS"):
        Path(path).write_text(f"{line}\n")
