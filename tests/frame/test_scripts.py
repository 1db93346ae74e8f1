"""The scripts behind the Makefile: what they say where something is missing, and that they ask for nothing that is there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
SCRIPTS = REPO / "scripts"
SHELL = ("bash", "cat", "chmod", "dirname", "grep", "id", "mktemp", "rm", "sort")
PROGRAMS = ("prometheus", "promtool", "curl", "gzip", "ip", "go")
NEW = "#!/bin/sh\nexit 0\n"
OLD_PYTHON = "#!/bin/sh\nexit 1\n"
WITHOUT_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\n'


class Machine:
    """A folder with the script to try, and a PATH of its own. `packages` is what Debian's installer was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "bin"
        (folder / "scripts").mkdir(parents=True)
        self.path.mkdir()
        for name in SHELL:
            found = shutil.which(name)
            assert found
            (self.path / name).symlink_to(found)

    def has(self, *names: str, script: str = NEW) -> None:
        for name in names:
            self._write(self.path / name, script)

    def debian(self, *, brings: tuple[str, ...] = (), code: int = 0) -> None:
        """Stands in for the installer of Debian packages; 3: this isn't Debian, or not root."""
        steps = [f'echo "$@" >>"{self.folder}/asked"']
        steps += [f'printf "#!/bin/sh\\n" >"{self.path}/{name}"; chmod +x "{self.path}/{name}"' for name in brings]
        self._write(self.folder / "scripts" / "debian", "\n".join(["#!/bin/bash", *steps, f"exit {code}\n"]))

    @property
    def packages(self) -> str:
        asked = self.folder / "asked"
        return asked.read_text().strip() if asked.exists() else ""

    def run(self, name: str) -> tuple[int, str]:
        """Exit code of the script, and what it said."""
        shutil.copy(SCRIPTS / name, self.folder / "scripts")
        done = subprocess.run(
            [self.folder / "scripts" / name], env={"PATH": str(self.path)}, capture_output=True, text=True, check=False
        )
        assert done.stdout == ""
        return done.returncode, done.stderr

    @staticmethod
    def _write(path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "a folder")


@pytest.mark.parametrize(
    ("there", "brings", "code", "asked", "said"),
    [
        (PROGRAMS, (), 0, "", ""),
        (("curl", "gzip", "ip", "go"), ("prometheus", "promtool"), 0, "prometheus prometheus", ""),
        (
            ("prometheus", "gzip", "ip", "go"),
            (),
            3,
            "prometheus curl",
            "setup: there is no promtool: tests that need it are not run\nsetup: there is no curl: tests that need it are not run\n",
        ),
        (
            PROGRAMS[:-1],
            (),
            0,
            "",
            "setup: there is no go: tests on a real control plane are not run unless it is built already\n",
        ),
    ],
    ids=["all there", "Debian as root", "elsewhere", "no Go"],
)
def test_programs_are_installed_or_named(
    machine: Machine, there: tuple[str, ...], brings: tuple[str, ...], code: int, asked: str, said: str
) -> None:
    machine.has(*there)
    machine.debian(brings=brings, code=code)
    assert machine.run("programs") == (0, said)
    assert machine.packages == asked


def test_an_installation_that_fails_stops_everything(machine: Machine) -> None:
    machine.debian(code=1)
    assert machine.run("programs") == (1, "")


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ("", "Python 3.11 or newer is needed, and there is none on the PATH: install python3"),
        (OLD_PYTHON, "Python 3.11 or newer is needed, and there is none on the PATH: install python3"),
        (WITHOUT_VENV, "python3 can't make virtual environments: install its venv module"),
    ],
    ids=["none", "too old", "without venv"],
)
def test_a_python_that_does_not_do_is_named(machine: Machine, python: str, said: str) -> None:
    machine.debian(code=3)
    if python:
        machine.has("python3", script=python)
    code, message = machine.run("venv")
    assert (code, machine.packages) == (1, "python3 python3-venv")
    assert said in message
    assert message.count("\n") == 1


@pytest.mark.parametrize("name", ["id", "apt-get"])
def test_packages_are_installed_on_debian_as_root_only(machine: Machine, name: str) -> None:
    if name == "id":
        (machine.path / "id").unlink()
        machine.has("id", script="#!/bin/sh\necho 1000\n")
        machine.has("apt-get")
    assert machine.run("debian") == (3, "")


@pytest.mark.parametrize("script", ["scripts/venv", "scripts/programs", "scripts/debian", ".ci/run"])
def test_scripts_are_sound_and_may_be_run(script: str) -> None:
    assert (REPO / script).stat().st_mode & 0o111
    subprocess.run(["bash", "-n", REPO / script], check=True)
