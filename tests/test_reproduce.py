"""The command that makes the manual's figures and tables again: a part of it is played, and what differs is named."""

import importlib.util
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def reproduce():
    place = importlib.util.spec_from_file_location("reproduce", ROOT / "docs/reproduce.py")
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


def test_a_part_comes_out_as_it_is_tracked(reproduce, capsys):
    assert reproduce.main(["--only", "library", "golden/orange-and-lemon"]) == 0
    assert re.search(r"^golden/orange-and-lemon: same \(\d+ s\)$", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.slow
def test_a_page_of_the_gallery_comes_out_as_it_is_tracked(reproduce):
    assert reproduce.main(["--only", "gallery/orange-and-lemon", "tutorial"]) == 0


def test_a_target_that_differs_is_named_and_so_is_one_that_fails(reproduce, tmp_path, monkeypatch, capsys):
    name = "tests/golden/orange-and-lemon.json"
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text("{}")
    targets = {"a": (f"echo 1 > {name}", [name]), "b": ("echo no >&2; exit 3", []), "c": ("true", [name])}
    monkeypatch.setattr(reproduce, "TARGETS", targets)
    monkeypatch.setattr(reproduce, "scratch_copy", lambda folder: shutil.copytree(tmp_path, folder, dirs_exist_ok=True))
    assert reproduce.main([]) == 1
    lines = [re.sub(r"\d+ s", "0 s", line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [f"a: DIFFERS (0 s): {name}", "b: FAILED with code 3 (0 s): no", f"c: DIFFERS (0 s): {name}",
                     "0 of 3 the same, 0 s"]  # fmt: skip


def test_pictures_are_compared_by_their_pixels_and_all_else_by_its_bytes(reproduce, tmp_path):
    made, tracked = tmp_path / "made", tmp_path / "tracked"
    pixels = np.zeros((4, 4, 3), np.uint8)
    for folder, level in ((made, 1), (tracked, 9)):
        folder.mkdir()
        Image.fromarray(pixels).save(folder / "same.png", compress_level=level)
        Image.fromarray(pixels + (level == 9)).save(folder / "other.png")
        (folder / "table.md").write_text(f"| {level} |")
    (tracked / "left.md").write_text("")
    assert (made / "same.png").read_bytes() != (tracked / "same.png").read_bytes()
    assert reproduce.differing(["*"], made, tracked) == ["left.md", "other.png", "table.md"]


def test_every_picture_of_the_manual_has_a_target_or_a_reason(reproduce):
    pictures = {path.relative_to(ROOT).as_posix() for kind in ("*.png", "*.webp")
                for path in (ROOT / "docs").rglob(kind)}  # fmt: skip
    made = {path.relative_to(ROOT).as_posix() for _, patterns in reproduce.TARGETS.values() for pattern in patterns
            for path in ROOT.glob(pattern)}  # fmt: skip
    assert pictures - made == {name for name in pictures if any(name in what for what in reproduce.LEFT_OUT)}


def test_a_name_that_is_none_is_refused(reproduce):
    assert reproduce.chosen(["gallery"]) == [f"gallery/{name}" for name in reproduce.SCENARIOS]
    with pytest.raises(SystemExit, match="unknown: galery; --list"):
        reproduce.chosen(["galery"])
