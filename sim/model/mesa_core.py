"""Mesa's model and agents, without unused parts that would cost every process half a second.

Grids, spaces and batch runs import SciPy, NetworkX and tqdm; they are imported on first use. Mesa's call logging, which
derives its own name from the whole stack, is left out of the model.
"""

import logging
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

_LATER = ("mesa.batchrunner", "mesa.discrete_space", "mesa.experimental.continuous_space", "mesa.space")
_LOG = "mesa.mesa_logging"


def _import_mesa() -> Any:
    """Import Mesa with stand-ins for these modules, which are removed afterwards."""
    if "mesa" in sys.modules:
        return sys.modules["mesa"]
    modules = {name: ModuleType(name) for name in (*_LATER, _LOG)}
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
    for package in ("mesa", "mesa.experimental"):
        names = sys.modules[package].__dict__
        for name in ("batch_run", *(each.rpartition(".")[2] for each in _LATER)):
            names.pop(name, None)
        names["__getattr__"] = _loader(package)
    return mesa


def _loader(package: str) -> Callable[[str], Any]:
    """What a package does for a name that it does not have: import the module of that name now."""

    def load(name: str) -> Any:
        if package == "mesa" and name == "batch_run":
            return import_module("mesa.batchrunner").batch_run
        if f"{package}.{name}" not in _LATER:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return import_module(f"{package}.{name}")

    return load


_mesa = _import_mesa()
Agent, Model = _mesa.Agent, _mesa.Model
