"""Mesa's model and agents, without what nothing here uses and every process would wait half a second for.

Grids, spaces and batch runs import SciPy, NetworkX and tqdm; they are loaded when somebody asks for them. Mesa's log of
calls, which finds out its own name from the whole stack, is left out of the model.
"""

import logging
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_LATER = {"batch_run": "mesa.batchrunner", "discrete_space": "", "experimental": "", "space": ""}  # name: its module
_LOG = "mesa.mesa_logging"


def _import_mesa() -> Any:
    """Import Mesa with stand-ins for these modules, which are then taken away again."""
    if "mesa" in sys.modules:
        return sys.modules["mesa"]
    modules = {name: ModuleType(name) for name in (_LOG, *(_LATER[name] or f"mesa.{name}" for name in _LATER))}
    modules["mesa.batchrunner"].__dict__["batch_run"] = None
    modules[_LOG].__dict__["create_module_logger"] = lambda: logging.getLogger("MESA.mesa.model")
    modules[_LOG].__dict__["method_logger"] = lambda name: lambda method: method
    sys.modules.update(modules)
    try:
        mesa = import_module("mesa")
    except ImportError:  # a release whose model needs more of them
        mesa = None
    for name in [each for each in sys.modules if each in modules or (mesa is None and each.startswith("mesa."))]:
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
