#!/bin/sh
# hatchling (PyPI) 1.33.0: an editable installation of a package that has files by force-include from elsewhere.
# Behaviour: the package is linked, the forced files are copied into a folder of its name in site-packages, where the
# package is not: importlib.resources does not find them.
# Guessed otherwise because force-include says where in the package a file lies, the usual installation puts it there,
# and an editable one either links what it holds or leaves it out.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/project/src/linked" "$folder/project/elsewhere"
touch "$folder/project/src/linked/__init__.py"
echo text >"$folder/project/elsewhere/forced.txt"
cat >"$folder/project/pyproject.toml" <<'TOML'
[build-system]
requires = ["hatchling==1.33.0"]
build-backend = "hatchling.build"

[project]
name = "linked"
version = "1"

[tool.hatch.build.targets.wheel]
packages = ["src/linked"]

[tool.hatch.build.targets.wheel.force-include]
"elsewhere/forced.txt" = "linked/forced.txt"
TOML
cat >"$folder/look.py" <<'PYTHON'
import sysconfig
from importlib.resources import files
from pathlib import Path

copied = Path(sysconfig.get_path("purelib")) / "linked" / "forced.txt"
print("in site-packages:", copied.is_file(), "in the package:", files("linked").joinpath("forced.txt").is_file())
PYTHON
said() {
    python3 -m venv --clear "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "$@"
    "$folder/venv/bin/python" "$folder/look.py"
}
sed -n 's/^# \(hatchling\) (PyPI) \([0-9.]*\):.*/\1 \2/p' "$0"
usual=$(said "$folder/project")
editable=$(said --editable "$folder/project")
echo "usual: $usual"
echo "editable: $editable"
[ "$usual" = "in site-packages: True in the package: True" ]
[ "$editable" = "in site-packages: True in the package: False" ] || { echo "it lies elsewhere now"; exit 1; }
