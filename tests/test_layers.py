"""The house keeps its floors: who may import whom, and what no module may do. Reads the source, runs none of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIM = ROOT / "sim"

# Ground floor first. A room is a folder of sim/, and imports from rooms on floors below its own.
HOUSE = """
    core
    strategies protocols mechanisms
    scenario
    model
    results
    batch analysis
    charts
    report
    cli app
"""
FLOOR = {room: floor for floor, rooms in enumerate(HOUSE.split("\n")[1:-1]) for room in rooms.split()}
# The command that serves the page starts it; nothing else crosses on one floor.
DOORS = {("cli", "app")}

# Libraries that a few rooms alone may import, so that a new release of one touches one place.
ONLY_IN = {
    "mesa": {"model"},
    "networkx": {"model"},
    "numba": {"core"},
    "ruamel": {"scenario"},
    "matplotlib": {"charts"},
    "click": {"cli"},
    "starlette": {"app"},
    "uvicorn": {"app"},
    "dask": {"batch"},
    "distributed": {"batch"},
    "SALib": {"analysis"},
    "pyarrow": {"results"},
    "xml": {"scenario", "charts"},
    "random": set(),        # every random number comes from sim/core/streams.py
}
# The bits of these differ between processors or releases. Floors up to the model decide who signs what: they use
# sim/core/exact.py.
NOT_PORTABLE = {
    "arccos", "arcsin", "arctan", "arctan2", "average", "cbrt", "convolve", "cos", "cosh", "dot", "einsum", "exp",
    "exp2", "expm1", "float_power", "hypot", "inner", "linalg", "log", "log10", "log1p", "log2", "logaddexp",
    "matmul", "mean", "nanmean", "nansum", "outer", "power", "sin", "sinh", "std", "tan", "tanh", "tensordot",
    "trapezoid", "var", "vdot",
}  # fmt: skip
LAST_DECIDING_FLOOR = FLOOR["model"]


def room_of(file: Path) -> str:
    """The room a file belongs to; the package's own `__init__` is ''."""
    parts = file.relative_to(SIM).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def module_of(file: Path) -> str:
    return ".".join(("sim", *file.relative_to(SIM).with_suffix("").parts)).removesuffix(".__init__")


FILES = sorted(SIM.rglob("*.py"))
TREES = {file: ast.parse(file.read_text(encoding="utf-8"), str(file)) for file in FILES}
NAMES = {file: file.relative_to(ROOT).as_posix() for file in FILES}


def is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def type_only(tree: ast.Module) -> set[ast.AST]:
    """Every node that only a type checker sees."""
    blocks = [node.body for node in ast.walk(tree) if isinstance(node, ast.If) and is_type_checking(node.test)]
    return {inner for block in blocks for statement in block for inner in ast.walk(statement)}


def imports(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Dotted names that a file imports, each with its statement; `from sim import core` gives `sim.core`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are written out in full"
            assert node.module is not None
            if node.module == "sim":
                for alias in node.names:
                    yield f"sim.{alias.name}", node
            else:
                yield node.module, node


def rooms_imported(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for name, node in imports(tree):
        if name.startswith("sim."):
            yield name.split(".")[1], node


def test_there_are_thirteen_rooms_and_nothing_loose():
    assert len(FLOOR) == 13
    assert {path.relative_to(SIM).parts[0] for path in FILES if path.parent != SIM} == {*FLOOR}
    assert {path.name for path in SIM.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_imports_go_downwards():
    wrong = []
    for file, tree in TREES.items():
        room = room_of(file)
        for other, node in rooms_imported(tree) if room not in ("", "__main__") else ():
            if other not in ("__version__", room) and (room, other) not in DOORS and FLOOR[other] >= FLOOR[room]:
                wrong.append(f"{NAMES[file]}:{node.lineno}: {room} may not import {other}")
    assert not wrong


def test_no_import_of_any_kind_makes_a_circle():
    """Within a folder too, but that a folder's `__init__` may list its files, and they may import its names."""
    modules = {module_of(file): file for file in FILES}
    edges: dict[str, set[str]] = {}
    for name, file in modules.items():
        for_types = type_only(TREES[file])
        targets = set()
        for node in ast.walk(TREES[file]):
            if node in for_types:
                continue
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sim":
                found = {f"{node.module}.{alias.name}" for alias in node.names} & modules.keys()
                targets |= found or {node.module}
            elif isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names} & modules.keys()
        edges[name] = targets - {name}
    for name, targets in edges.items():
        if (SIM / name.removeprefix("sim.").replace(".", "/") / "__init__.py").exists():
            edges[name] = {target for target in targets if not target.startswith(name + ".")}
    while edges:
        free = {name for name, targets in edges.items() if not targets & edges.keys()}
        assert free, f"these import one another in a circle: {sorted(edges)}"
        edges = {name: targets for name, targets in edges.items() if name not in free}


def test_libraries_stay_in_their_rooms():
    used = [(file, name.split(".")[0], node) for file, tree in TREES.items() for name, node in imports(tree)]
    wrong = [each for each in used if room_of(each[0]) not in ONLY_IN.get(each[1], {room_of(each[0])})]
    assert not [f"{NAMES[file]}:{node.lineno}: {library} has no place there" for file, library, node in wrong]


def test_random_numbers_come_from_streams_alone():
    """NumPy promises the raw words of Philox for ever, and of its generators' methods nothing."""
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random"):
                where = f"{NAMES[file]}:{node.lineno}: {ast.unparse(node)}"
                assert (NAMES[file], node.attr) == ("sim/core/streams.py", "Philox"), where
        for name, node in imports(tree):
            assert not name.startswith("numpy.random"), f"{NAMES[file]}:{node.lineno}: {name}"


DECIDING = [file for file in FILES if FLOOR.get(room_of(file), 99) <= LAST_DECIDING_FLOOR]


def test_who_signs_what_rests_on_portable_arithmetic():
    for name, node in ((NAMES[file], node) for file in DECIDING for node in ast.walk(TREES[file])):
        if not isinstance(node, ast.expr):
            continue
        where = f"{name}:{node.lineno}: {ast.unparse(node)[:80]}"
        if isinstance(node, ast.BinOp):
            assert not isinstance(node.op, ast.MatMult), where
            assert not isinstance(node.op, ast.Pow) or is_exact_power(node), where
        elif isinstance(node, ast.Attribute):
            library = ast.unparse(node.value)
            assert library not in ("np", "numpy", "math") or node.attr not in NOT_PORTABLE, where
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "hash", f"{where}: differs between processes"
            assert node.func.id != "pow", where


def is_exact_power(node: ast.BinOp) -> bool:
    """Powers of written-out numbers, and squares: NumPy multiplies for these."""
    if isinstance(node.right, ast.Constant) and node.right.value == 2:
        return True
    return not any(isinstance(inner, (ast.Name, ast.Attribute, ast.Call)) for inner in ast.walk(node))
