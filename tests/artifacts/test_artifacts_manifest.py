"""Writing, reading and refusing manifests."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from artifacts_examples import IDENTITY, a_manifest
from pydantic import ValidationError

from btcli.artifacts.environment import environment
from btcli.artifacts.manifest import MANIFEST, Inputs, read_manifest, write_manifest
from btcli.digest import digest_of, short
from btcli.errors import AccessError, RequestError


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A manifest survives its file, and its inputs still digest to its run id."""
    write_manifest(tmp_path, a_manifest())
    manifest = read_manifest(tmp_path)
    assert manifest == a_manifest()
    assert short(digest_of(manifest.inputs.model_dump(mode="json"))) == IDENTITY.run_id
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]


def test_a_manifest_from_before_the_dated_formulas_still_digests_to_its_id() -> None:
    """Inputs that name no formulas read as none, and are written as they were."""
    told = a_manifest().model_dump(mode="json")["inputs"]
    del told["formulas"]
    read = Inputs.model_validate(told)
    assert read.formulas == {}
    assert read.model_dump(mode="json") == told


def test_window_moments_are_milliseconds_again() -> None:
    """The window's texts give back the milliseconds they were made of."""
    window = a_manifest().inputs.window
    assert (window.start, window.end) == ("2024-01-01T00:00:00.000Z", "2024-01-02T00:00:00.000Z")
    assert (window.start_ms, window.end_ms) == (IDENTITY.start_ms, IDENTITY.end_ms)


def test_a_folder_without_manifest_is_no_run(tmp_path: Path) -> None:
    """Asking for something that is not a run is a wrong request."""
    with pytest.raises(RequestError, match="is not a run directory"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"schema_version": 2}, r"schema_version: Input should be 1"),
        ({"status": "done"}, r"status: Input should be 'started', 'failed', 'interrupted' or 'complete'"),
        ({"run_id": "xyz"}, r"run_id: String should match"),
        ({"surprise": 1}, r"surprise: Extra inputs are not permitted"),
    ],
)
def test_a_damaged_manifest_names_its_problems(tmp_path: Path, edit: dict[str, object], said: str) -> None:
    """Each problem is named with its place, beside the version that was expected."""
    (tmp_path / MANIFEST).write_bytes(orjson.dumps({**a_manifest().model_dump(mode="json"), **edit}))
    with pytest.raises(AccessError, match=f"not a manifest of version 1: .*{said}"):
        read_manifest(tmp_path)


def test_a_truncated_manifest_is_an_error(tmp_path: Path) -> None:
    """Half a file is an AccessError with the path."""
    (tmp_path / MANIFEST).write_bytes(b'{"schema_version": 1,')
    with pytest.raises(AccessError, match=r"run_manifest\.json is not a manifest"):
        read_manifest(tmp_path)


def test_a_manifest_does_not_change() -> None:
    """A manifest is a value: changing a part makes a new one, checked like the first."""
    manifest = a_manifest()
    with pytest.raises(ValidationError):
        manifest.status = "complete"  # type: ignore[misc]
    assert manifest.with_(status="failed", failure="why").status == "failed"
    with pytest.raises(ValidationError):
        manifest.with_(status="done")


@pytest.mark.parametrize(("switch", "passes"), [("0", False), ("1", True), ("", True)])
def test_the_environment_says_whether_quiet_steps_were_passed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, switch: str, passes: bool
) -> None:
    """BTCLI_QUIET=0 runs every step in full, and the environment of the run says so."""
    monkeypatch.setenv("BTCLI_QUIET", switch)
    recorded = environment(tmp_path, started_at="", finished_at="", wall_s=0.0)
    assert recorded["passes_quiet_steps"] is passes
