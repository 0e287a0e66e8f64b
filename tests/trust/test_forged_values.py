"""R14: a stranger's results whose hashes are right are refused where a value is none that a draw can have."""

import math
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.results import parquet
from sim.results.chunk_files import Layout, packed
from sim.results.files import DamagedResults
from sim.results.manifest import read_manifest
from sim.results.reading import damaged_files, layout_of, open_results
from sim.results.values import MAY_BE_INFINITE
from sim.scenario import read_scenario
from tests.commands import call
from tests.trust.hostile import BASE
from tests.trust.planting import ROOT, bugs
from tests.trust.results import only
from tests.trust.strange_folders import NAME, with_file
from tests.worlds import made, worlds

PLANTED = bugs("R14", __name__, [
    ("sim/results", "if not low - SLACK <= value <= high + SLACK:", "if not value <= high + SLACK:",
     "test_a_value_that_no_draw_can_have_is_refused"),
    ("sim/results", "self._names[name].issuperset(names)", "bool(self._names[name])",
     "test_a_value_that_no_draw_can_have_is_refused"),
    ("sim/results", "            return self.table.space.index_of(named) != NO_DEAL", "            return bool(named)",
     "test_a_value_that_no_draw_can_have_is_refused"),
    ("sim/results", "(missing == signed).any()", "False", "test_a_package_without_a_round_is_refused"),
    ("sim/results", "name in talks else into).max(initial=0) > draws", "name in talks else into).max(initial=0) < 0",
     "test_counts_that_do_not_add_up_are_refused"),
    ("sim/results", '(issues != rows - tables[0].column("package").null_count).any()', "False",
     "test_counts_that_do_not_add_up_are_refused"),
    ("sim/results", 'if name in ("month", "left_month", "fallen_month") or', 'if name in ("month", "left_month") or',
     "test_a_value_that_no_draw_can_have_is_refused"),
    ("sim/results", "|discounted_.+|", "|", "test_a_value_that_no_draw_can_have_is_refused"),
])  # fmt: skip

N = 64
TEXTS = ("<script>alert(1)</script>", '=HYPERLINK("http://x","y")', "\x1b[31mred", "a" * 20_000, "", "none/none", "9.0")
NUMBERS = (math.inf, -math.inf, 1e308, -1e308)
WHOLE = (-1, 2**31 - 1, -(2**31))
BEYOND = {  # by column: just outside of what its quantity can be
    r"(left_|fallen_)?month": (-0.1, 1e6),
    r"closed_round_.+": (0.0, 1e6),
    r"opposition|no_deal_outside|(issues_off|chance|credibility|survival)_.+": (-0.1, 1.1),
    r"(months|steps|penalty|hazard|household_weeks|war_cost)_.+|break_month": (-0.1,),
}


@pytest.fixture(scope="module")
def sound(short_chunks, tmp_path_factory):
    """Results with columns of every kind."""
    to = tmp_path_factory.mktemp("sound")
    done = call("batch", BASE, "-n", N, "--workers", 1, "--no-charts", "--out", to)
    assert done.exit_code == 0, done.output
    return only(to)


@pytest.fixture(scope="module")
def folder(sound, tmp_path_factory):
    """A copy that each example forges anew."""
    return Path(shutil.copytree(sound, tmp_path_factory.mktemp("forged") / sound.name))


def draws_of(folder: Path) -> pa.Table:
    return pq.read_table(folder / "draws" / NAME)


def write(folder: Path, sound: Path, inside: str, table: pa.Table) -> None:
    """Put a table there, with all hashes right, in an otherwise sound folder."""
    shutil.copytree(sound, folder, dirs_exist_ok=True)
    with_file(folder, f"{inside}/{NAME}", parquet.to_bytes(table), parquet.content_hash(table))


def with_value(table: pa.Table, column: str, row: int, value: Any) -> pa.Table:
    values = table.column(column).to_pylist()
    values[row] = value
    place, field = table.column_names.index(column), table.schema.field(column)
    return table.set_column(place, field, pa.array(values, field.type))


def impossible(field: pa.Field) -> list[Any]:
    """Values that a column of this kind never has in any scenario."""
    if pa.types.is_string(field.type):
        return list(TEXTS)
    if pa.types.is_floating(field.type):
        beyond = [value for columns, its in BEYOND.items() if re.fullmatch(columns, field.name) for value in its]
        return beyond + [value for value in NUMBERS if value != math.inf or not MAY_BE_INFINITE.fullmatch(field.name)]
    return [] if pa.types.is_boolean(field.type) else list(WHOLE)


@pytest.fixture(scope="module")
def fields(sound):
    return list(draws_of(sound).schema)


def refused(folder: Path, file: str) -> str:
    """The one fault of the folder, as every way of reading says it."""
    (fault,) = damaged_files(folder)
    assert fault.startswith(f"{file}/{NAME}: ") and fault.isprintable() and len(fault) < 250
    with pytest.raises(DamagedResults) as error:
        open_results(folder)
    assert tuple(error.value.files) == (fault,)
    return fault


def test_a_value_that_no_draw_can_have_is_refused(sound, fields):
    """Every such value, in every column."""
    layout, table = layout_of(sound, read_manifest(sound)), draws_of(sound)
    for number, field in enumerate(fields):
        for value in impossible(field):
            with pytest.raises(ValueError, match=f"^column {re.escape(field.name)}: ") as error:
                layout.allowed.check(with_value(table, field.name, number % N, value), 0)
            assert str(error.value).isprintable() and len(str(error.value)) < 200
        if re.fullmatch(r"(no_deal|discounted|household_weeks|war_cost)_.+|input\..+|outcome", field.name):
            missing = with_value(table, field.name, 1, math.nan if pa.types.is_floating(field.type) else None)
            with pytest.raises(ValueError, match=f"^column {re.escape(field.name)}: a value is missing"):
                layout.allowed.check(missing, 0)
    other = "/".join("x" for _ in layout.scenario.issues)
    with pytest.raises(ValueError, match="column package: "):
        layout.allowed.check(with_value(table, "package", 0, other), 0)


def test_a_stage_ends_in_no_other_way_than_stages_do():
    layout = Layout.of(read_scenario(ROOT / "scenarios" / "ukraine-december-2025-energy-truce.yaml"), 1)
    table = layout.tables(layout.play(0, 4))[0]
    (ended,) = (name for name in table.column_names if name.startswith("stage_") and name.endswith("_ended"))
    for name, value in ((ended, TEXTS[0]), (ended.removesuffix("_ended"), -1.0)):
        with pytest.raises(ValueError, match=f"^column {name}: "):
            layout.allowed.check(with_value(table, name, 0, value), 0)


FORGED = [("blocker", TEXTS[0]), ("discounted_window", math.inf), ("round", 2**31 - 1)]


@pytest.mark.parametrize(("column", "value"), FORGED)
def test_a_folder_with_such_a_value_is_damaged(sound, folder, column, value):
    write(folder, sound, "draws", with_value(draws_of(sound), column, 5, value))
    assert f"column {column}: " in refused(folder, "draws")


def test_a_package_without_a_round_is_refused(sound):
    layout, table = layout_of(sound, read_manifest(sound)), draws_of(sound)
    signed = table.column("package").is_valid().to_pylist().index(True)
    for column, none in (("round", None), ("month", math.nan)):
        with pytest.raises(ValueError, match=f"^column {column}: .* where no package is"):
            layout.allowed.check(with_value(table, column, signed, none), 0)


def forge_counts(folder: Path, sound: Path, change) -> None:
    frame = pq.read_table(sound / "tallies" / NAME)
    changed = change(frame.to_pandas(types_mapper={pa.string(): pd.StringDtype(), pa.int32(): pd.Int32Dtype()}.get))
    write(folder, sound, "tallies", pa.Table.from_pandas(changed, frame.schema, preserve_index=False))


def test_counts_that_do_not_add_up_are_refused(sound, folder):
    def first(frame: pd.DataFrame, quantity: str, alone: bool = False) -> int:
        rows = frame[frame["quantity"] == quantity]
        return int((rows[rows["option"] == rows["other"]] if alone else rows).index[0])

    def set_at(quantity: str, column: str, value: Any, alone: bool = False):
        def change(frame: pd.DataFrame) -> pd.DataFrame:
            frame.loc[first(frame, quantity, alone), column] = value
            return frame

        return change

    def more_in_two_bins(frame: pd.DataFrame) -> pd.DataFrame:
        """No bin has more counts than there are draws; those of one round and party together have."""
        some = frame.index[(frame["quantity"] == "own_offer") & (frame["count"] < N)]
        frame.loc[some[0], "count"] = N
        return frame

    def twice(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([frame, frame.tail(1)])

    forged = {
        "more counts of aspiration than draws": set_at("aspiration", "count", N + 1),
        "more counts of own_offer than draws": more_in_two_bins,
        "more counts of zone than draws": set_at("zone", "count", 2**40, alone=True),
        "counts of agreements are not": set_at("agreed", "count", 1, alone=True),
        "a bin that is not": set_at("own_offer", "bin", 200),
        "a round that is not": set_at("own_offer", "round", 2**31 - 1),
        "a name in column party": set_at("own_offer", "party", "<script>"),
        "a name in column option": set_at("agreed", "option", "=1+1"),
        "something unknown": set_at("no_deal", "quantity", "other"),
        "something twice": twice,
    }
    for reason, change in forged.items():
        forge_counts(folder, sound, change)
        assert reason in refused(folder, "tallies")


VALUES = {
    "text": st.sampled_from([*TEXTS, None, "no_zone", "in_force", "deadline"]) | st.text(max_size=5),
    "number": st.sampled_from([*NUMBERS, math.nan, 0.0, 1.0, -1.0, 1e29, 1e-300]) | st.floats(),
    "whole": st.integers(-(2**31), 2**31 - 1) | st.integers(0, 5),
    "truth": st.booleans(),
}


def kind_of(field: pa.Field) -> str:
    is_text, is_number = pa.types.is_string(field.type), pa.types.is_floating(field.type)
    return "text" if is_text else "number" if is_number else "truth" if pa.types.is_boolean(field.type) else "whole"


def read_in_every_way(sound: Path, folder: Path, fields: list[pa.Field], data: st.DataObject) -> None:
    """Whatever one value of a column is changed to: refused with code 4, or read as any other result."""
    field = data.draw(st.sampled_from(fields))
    like = st.sampled_from(draws_of(sound).column(field.name).to_pylist())  # one that some draw has
    value = data.draw(VALUES[kind_of(field)] | like)
    write(folder, sound, "draws", with_value(draws_of(sound), field.name, data.draw(st.integers(0, N - 1)), value))
    out = folder.parent / "out"
    ways = (("explain", folder), ("report", folder, "--out", out), ("compare", folder, sound, "--out", out))
    codes = set()
    for command in (*ways, ("verify", folder)):
        answer = call(*command)
        assert answer.exit_code in (0, 4), (command, value, answer.output, answer.exception)
        if answer.exit_code == 4 and command[0] != "verify":
            assert f"column {field.name}: " in answer.output
        codes |= {answer.exit_code} if command[0] != "verify" else set()
    assert len(codes) == 1


MANY = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=2, **MANY)
@given(st.data())
def test_any_value_is_refused_or_read(sound, folder, fields, data):
    read_in_every_way(sound, folder, fields, data)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", VALUES)
@settings(max_examples=300, **MANY)
@given(data=st.data())
def test_any_of_many_values_is_refused_or_read(sound, folder, fields, kind, data):
    read_in_every_way(sound, folder, [field for field in fields if kind_of(field) == kind], data)


@settings(max_examples=30, **MANY)
@given(worlds(aftermath=True, leaving=True))
def test_no_value_of_a_draw_is_refused(world):
    layout = Layout.of(made(world), 1)
    packed(layout.play(0, 8), layout)  # a StoreError else
