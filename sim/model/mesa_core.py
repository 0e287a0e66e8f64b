"""Mesa's model and agents, without what nothing here uses and everybody would wait for.

Grids, continuous spaces and batch runs import SciPy, NetworkX and tqdm, half a second in every process. They are loaded
when somebody asks for them.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_LATER = {"batch_run": "mesa.batchrunner", "discrete_space": "", "experimental": "", "space": ""}  # name: its module


def _import_mesa() -> Any:
    """Import Mesa with stand-ins for these modules, which are then taken away again."""
    if "mesa" in sys.modules:
        return sys.modules["mesa"]
    modules = {module or f"mesa.{name}": ModuleType(name) for name, module in _LATER.items()}
    modules["mesa.batchrunner"].__dict__["batch_run"] = None
    sys.modules.update(modules)
    try:
        mesa = import_module("mesa")
    except ImportError:  # a release whose model needs one of them
        mesa = None
    for name in (name for name in list(sys.modules) if name in modules or (mesa is None and name.startswith("mesa."))):
        del sys.modules[name]
    if mesa is None:
        return import_module("mesa")

    def load(name: str) -> Any:
        if name not in _LATER:
            raise AttributeError(f"module 'mesa' has no attribute {name!r}")
        module = import_module(_LATER[name] or f"mesa.{name}")
        return getattr(module, name) if _LATER[name] else module

    for name in _LATER:
        delattr(mesa, name)
    mesa.__dict__["__getattr__"] = load
    return mesa


_mesa = _import_mesa()
Agent, Model = _mesa.Agent, _mesa.Model
