"""`import peacesim` is `import sim`: the package under the name of its distribution, the same modules and no copies.

`peacesim.results.reading` is `sim.results.reading`. Type checkers read the stubs beside: the package and its rooms.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

import sim


class _Alias:
    """Answer an import of `peacesim.x.y` with the module `sim.x.y`; a finder and a loader of the import system."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        package, _, below = name.partition(".")
        if package != "peacesim" or below == "__main__" or find_spec(f"sim.{below}") is None:
            return None  # `python -m peacesim` runs the file `sim/__main__.py` itself
        return ModuleSpec(name, _Alias)

    @staticmethod
    def create_module(spec: ModuleSpec) -> None:
        return None

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        # Python binds what it then finds under this name; the empty module it made is dropped.
        sys.modules[module.__name__] = import_module("sim" + module.__name__.removeprefix("peacesim"))


sys.meta_path.insert(0, _Alias)
sys.modules[__name__] = sim
