"""What the file system refuses, as one error with its place and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from btcli.artifacts.disk import HINT, MOVE, disk, write_whole
from btcli.errors import AccessError


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    """Under the name that was to be written, not under that of the draft; permissions have no part in it."""
    place = tmp_path / "plan.json"
    place.mkdir()
    with pytest.raises(AccessError, match="cannot write: Is a directory") as refused:
        write_whole(place, b"{}")
    (problem,) = refused.value.problems
    assert (problem.where, problem.hint) == (str(place), MOVE)


def test_a_file_in_place_of_a_folder_is_named(tmp_path: Path) -> None:
    """Also where the folder would be made, and where something would be put into it."""
    place = tmp_path / "chunks"
    place.write_text("x")
    for work in (lambda: place.mkdir(exist_ok=True), lambda: (place / "a").write_text("x")):
        with pytest.raises(AccessError) as refused, disk(place):
            work()
        assert [problem.hint for problem in refused.value.problems] == [MOVE]


def test_what_is_not_there_has_the_common_hint(tmp_path: Path) -> None:
    """Its kind is not what is wrong."""
    with pytest.raises(AccessError, match="No such file") as refused, disk(tmp_path):
        (tmp_path / "a" / "b").write_text("x")
    assert refused.value.problems[0].hint == HINT
