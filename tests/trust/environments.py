"""Virtual environments to hold results against each other: Pythons, and locked, oldest, between and newest versions."""

import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.12", "3.13")
BETWEEN = ("2.1", "2.2", "2.3", "2.4")  # of NumPy, beside the oldest and the newest
BETWEEN_ON = "3.12"


@dataclass(frozen=True)
class Environment:
    """An environment that was made."""

    name: str
    folder: Path

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin" / "python")

    @property
    def compiler(self) -> str:
        """What compiles loops there: Python and Numba, with their versions."""
        (found,) = self.folder.glob("lib/python*/site-packages/numba-*.dist-info")
        return f"{found.parents[1].name}-{found.stem}"


@dataclass(frozen=True)
class Missing:
    """An environment that could not be made."""

    name: str
    why: str


@dataclass(frozen=True)
class Recipe:
    """What an environment is made from."""

    python: str
    kind: str

    @property
    def name(self) -> str:
        """As the table calls it."""
        return f"{self.python} {self.kind}" if self.kind[0] > "9" else f"{self.python} NumPy {self.kind}"


RECIPES = [Recipe(python, kind) for python in PYTHONS for kind in ("locked", "oldest", "newest")]
RECIPES += [Recipe(BETWEEN_ON, minor) for minor in BETWEEN]


def environments(folder: Path, recipes: Sequence[Recipe] = RECIPES) -> Iterator[Environment | Missing]:
    """Make them one after the other; those that are in the folder already are used as they are."""
    uv = _uv(folder)
    for recipe in recipes:
        where = folder / recipe.name.replace(" ", "-")
        if uv is None:
            yield Missing(recipe.name, "uv is not installed and could not be: is there a network?")
            continue
        try:
            if not (where / "made").exists():
                _make(uv, recipe, where)
            yield Environment(recipe.name, where)
        except (RuntimeError, LookupError) as error:
            yield Missing(recipe.name, str(error))


def find_python(version: str) -> str:
    """An interpreter of a version such as `3.12`."""
    candidates = [sys.executable, *sorted(glob.glob(os.path.expanduser(f"~/.pyenv/versions/{version}.*/bin/python3")))]
    candidates += [found for name in (f"python{version}", "python3") if (found := shutil.which(name))]
    for candidate in candidates:
        asked = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys._base_executable)"]
        printed = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split(maxsplit=1)
        if printed and printed[0] == version:
            return printed[1].strip()
    raise LookupError(f"Python {version} is not on this machine")


def _uv(folder: Path) -> str | None:
    """The program uv: that on the path, else one of its own environment."""
    if found := shutil.which("uv"):
        return found
    own = folder / "uv"
    if not (own / "bin" / "uv").exists():
        try:
            _run(sys.executable, "-m", "venv", own)
            _run(own / "bin" / "python", "-m", "pip", "install", "-q", "uv")
        except RuntimeError:
            return None
    return str(own / "bin" / "uv")


def _make(uv: str, recipe: Recipe, where: Path) -> None:
    """Make an environment: what `sim` needs, and nothing else."""
    shutil.rmtree(where, ignore_errors=True)
    python = find_python(recipe.python)
    _run(uv, "venv", "-q", "--python", python, where)
    hashes = recipe.kind == "locked"
    asked = ROOT / "requirements.lock" if hashes else where / "requirements.txt"
    if not hashes:
        resolution = "lowest-direct" if recipe.kind == "oldest" else "highest"
        compile_ = [uv, "pip", "compile", "-q", ROOT / "pyproject.toml", "--python", where / "bin" / "python"]
        compile_ += ["--resolution", resolution, "--only-binary", ":all:", "-o", asked]
        if recipe.kind[0] <= "9":
            (where / "between.txt").write_text(f"numpy=={recipe.kind}.*\n")
            compile_ += ["--constraint", where / "between.txt"]
        _run(*compile_)
    wanted = ["--require-hashes"] if hashes else ["--only-binary", ":all:"]
    _run(uv, "pip", "install", "-q", "--python", where / "bin" / "python", *wanted, "-r", asked)
    (where / "made").touch()


def _run(*words: object) -> None:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(" ".join(done.stderr.split())[-400:])
