#!/bin/sh
# typer (PyPI) 0.29.2: the options --show-completion and --install-completion of an application where the package
# shellingham is installed, as it is with typer itself.
# Behaviour: "--show-completion fish" does not show the script of fish: the word behind the option is no value of it but
# an argument of its own, and the shell is the one that started the process.
# Guessed otherwise because the help of completion in other tools takes the shell's name there, and typer takes it too
# where shellingham finds nothing to ask (_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "typer==0.29.2"
cat >"$folder/app.py" <<'PYTHON'
import typer

app = typer.Typer()


@app.command()
def main(name: str = "x") -> None:
    print(name)


if __name__ == "__main__":
    app(prog_name="demo")
PYTHON
"$folder/venv/bin/python" -c 'from importlib.metadata import version; print("typer", version("typer"))'
bash -c "'$folder/venv/bin/python' '$folder/app.py' --show-completion fish; exit \$?" >"$folder/asked" 2>&1 || true
env _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION=1 "$folder/venv/bin/python" "$folder/app.py" --show-completion fish >"$folder/told" 2>&1 || true
echo "below bash: $(head -1 "$folder/asked")"; echo "without detection: $(head -1 "$folder/told")"
! grep -q "fish" "$folder/asked" || { echo "the named shell is shown now"; exit 1; }
grep -q "fish" "$folder/told" || { echo "without detection the named shell is not shown any more"; exit 1; }
