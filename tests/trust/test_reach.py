"""R13: nothing in a scenario runs code, opens an address or another file, or writes outside its results folder."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim.scenario import ScenarioError, differences, read_scenario
from tests.trust.corpus import NAMES, TRICKS
from tests.trust.planting import ROOT, bugs

SCENARIOS = ROOT / "scenarios"
TOY = (SCENARIOS / "two-banks-pullback.yaml").read_text(encoding="utf-8")
CANARY = "canary-4711"

PLANTED = bugs("R13", __name__, [
    ("sim/scenario", 'if ".." in parts:', "if False:", "test_a_base_outside_its_folder_is_not_even_opened"),
    ("sim/scenario", "if os.path.commonpath([location, folder]) != folder:", "if False:",
     "test_a_base_outside_its_folder_is_not_even_opened"),
    ("sim/scenario", "if os.path.commonpath([location, folder]) != folder:", "if not location.startswith(folder):",
     "test_a_base_outside_its_folder_is_not_even_opened[alike/base.yaml]"),
    ("sim/scenario", "(resolved and not _still_there(location, facts))", "False",
     "test_a_base_that_is_exchanged_for_a_link_while_it_is_opened_is_not_read"),
    ("sim/core", "[A-Za-z0-9_-]{0,79}$", "[A-Za-z0-9_./-]{0,79}", "test_no_hostile_id_becomes_a_path"),
])  # fmt: skip


@pytest.fixture
def place(tmp_path):
    """A folder with a scenario, and a secret one beside it."""
    (tmp_path / "here" / "sub").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "here-secret").mkdir()
    secret = TOY.replace("label: Upland\n", f"label: {CANARY}\n", 1)
    for name in ("secret/base.yaml", "here-secret/base.yaml", "secret.yaml", "here2.yaml"):
        (tmp_path / name).write_text(secret)
    (tmp_path / "here" / "base.yaml").write_text(TOY)
    (tmp_path / "here" / "sub" / "base.yaml").write_text("extends: deeper.yaml\n")
    (tmp_path / "here" / "sub" / "deeper.yaml").write_text(TOY)
    return tmp_path / "here"


def linked(place: Path) -> None:
    """Links of all kinds out of the folder, and within."""
    links = "out.yaml ../secret.yaml twice.yaml out.yaml folder ../secret up .. root / self.yaml self.yaml in.yaml"
    links += " base.yaml in2.yaml in.yaml insub sub proc /proc/self sub/up.yaml ../base.yaml"
    links += " alike ../here-secret alike.yaml ../here2.yaml"  # whose names begin as that of the folder does
    links += f" absolute.yaml {place}/base.yaml"
    for name, to in zip(links.split()[::2], links.split()[1::2], strict=True):
        os.symlink(to, place / name)


OUTSIDE = [
    "../secret.yaml", "../secret/base.yaml", "sub/../../secret.yaml", "sub/../base.yaml", "..", ".", "./base.yaml",
    "out.yaml", "twice.yaml", "folder/base.yaml", "up/secret.yaml", "root/etc/hostname", "proc/environ", "/etc/passwd",
    "//etc/passwd", "~/x.yaml", "~root/x.yaml", "file:///etc/passwd", "http://127.0.0.1:9/x.yaml", "C:/x.yaml",
    "\\\\host\\share\\x.yaml", "self.yaml", "base.yaml/", "/dev/stdin", "/dev/tcp/127.0.0.1/9", "CON", "nul.yaml",
    "base.yaml\\0", "$HOME/x.yaml", "`ls`", "|ls", "sub", "sub/", "../here2.yaml", "BASE.YAML", "base.yaml ",
    "b\u00e1se.yaml", "base.yaml:stream", "*.yaml", "ba?e.yaml", "sub/up.yaml/../../secret.yaml", "%2e%2e/secret.yaml",
    "..%2fsecret.yaml", "sub/\u2024\u2024/secret.yaml", "x" * 5000, "alike/base.yaml", "alike.yaml",
]  # fmt: skip


@pytest.mark.parametrize("base", OUTSIDE, ids=lambda base: ascii(base)[:40])
def test_a_base_outside_its_folder_is_not_even_opened(place, base, monkeypatch):
    linked(place)
    opened: list[str] = []
    open_really = os.open
    monkeypatch.setattr(
        os, "open", lambda path, *rest, **more: opened.append(str(path)) or open_really(path, *rest, **more)
    )
    (place / "x.yaml").write_text(f"extends: '{base}'\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        read_scenario(place / "x.yaml")
    assert CANARY not in str(caught.value)
    assert {os.path.realpath(path) for path in opened} == {str(place / "x.yaml")}


@pytest.mark.parametrize(
    "base", ["base.yaml", "in.yaml", "in2.yaml", "sub/base.yaml", "insub/deeper.yaml", "absolute.yaml"]
)
def test_a_base_in_the_folder_is_read_also_through_links_within_it(place, base):
    linked(place)
    (place / "x.yaml").write_text(f"extends: {base}\n")
    assert read_scenario(place / "x.yaml").id == "two-banks-pullback"


def test_a_base_below_may_not_lead_up_again(place):
    """Each file names bases in its own folder or below, also where the folder above would still be the first one's."""
    linked(place)
    (place / "sub" / "y.yaml").write_text("extends: up.yaml\n")
    (place / "x.yaml").write_text("extends: sub/y.yaml\n")
    with pytest.raises(ScenarioError, match=r"^sub/y.yaml:1:10: extends: 'up.yaml' leads out of the folder"):
        read_scenario(place / "x.yaml")


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_base_that_is_exchanged_for_a_link_while_it_is_opened_is_not_read(place, monkeypatch, what):
    """Between the look at where it leads and the opening, a link takes the place of the file, or of its folder."""
    open_really, sub = os.open, place / "sub"

    def exchange(path, *rest, **more):
        if str(path).endswith("deeper.yaml") and not sub.is_symlink() and not (sub / "deeper.yaml").is_symlink():
            if what == "file":
                (sub / "deeper.yaml").unlink()
                (sub / "deeper.yaml").symlink_to(place.parent / "secret.yaml")
            else:
                shutil.move(sub, place / "moved")
                sub.symlink_to(place.parent / "secret")
                shutil.copy(place.parent / "secret.yaml", place.parent / "secret" / "deeper.yaml")
        return open_really(path, *rest, **more)

    (place / "x.yaml").write_text("extends: sub/deeper.yaml\n")
    monkeypatch.setattr(differences.os, "open", exchange)
    with pytest.raises(ScenarioError, match=r"'sub/deeper.yaml' is not an ordinary file"):
        read_scenario(place / "x.yaml")


def test_a_file_that_grows_while_it_is_read_is_cut_at_the_cap(place, monkeypatch):
    grown = b"#" * 3_000_000
    (place / "x.yaml").write_text(TOY)
    stat_really = os.stat

    def grow(path, *rest, **more):
        found = stat_really(path, *rest, **more)
        if str(path).endswith("x.yaml"):
            (place / "x.yaml").write_bytes(grown)
        return found

    monkeypatch.setattr(differences.os, "stat", grow)
    with pytest.raises(ScenarioError, match="larger than 1,000,000 bytes"):
        read_scenario(place / "x.yaml")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:20])
def test_no_hostile_id_becomes_a_path(place, name):
    """An id, a party, an issue and an option under a hostile name are refused before anything is named after them."""
    quoted = '"' + name.replace("\\", "\\\\").replace("\t", "\\t") + '"'
    for old, new in (
        ("id: two-banks-pullback", f"id: {quoted}"), ("  upland:\n", f"  {quoted}:\n"),
        ("  strip:\n", f"  {quoted}:\n"), ("upland_keeps: Upland", f"{quoted}: Upland"),
    ):
        (place / "x.yaml").write_text(TOY.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ScenarioError):
            read_scenario(place / "x.yaml")


HOSTILE = {
    **{f"trick{n}.yaml": trick.data for n, trick in enumerate(TRICKS)},
    **{f"base{n}.yaml": f"extends: '{base}'\n".encode() for n, base in enumerate(OUTSIDE)},
    "words.yaml": TOY.replace(
        "label: Upland\n", 'label: "$(touch ran) `touch ran` {{7*7}} %s {0.__class__} http://127.0.0.1:9/x"\n', 1
    ).encode()
    + b"sources: {S1: 'http://127.0.0.1:9/x', S2: 'file:///etc/passwd', S3: '/etc/passwd'}\n",
    "schema.yaml": b"# yaml-language-server: $schema=http://127.0.0.1:9/x\n" + TOY.encode(),
}

CALLS = (
    "%network,execve,execveat,open,openat,creat,rename,renameat,renameat2,mkdir,mkdirat,unlink,unlinkat,symlink,"
    "symlinkat,link,linkat,truncate,chmod,fchmodat"
)


def traced(place: Path, *arguments: str) -> list[str]:
    """What a `peacesim` command asks of the kernel: a line a call, the paths in it made whole.

    Files of Python's own caches are not written; the home folder is one that does not exist yet.
    """
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    log = place.parent / "trace"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "120",
        "HOME": str(place.parent / "home"),
        "LANG": "C.UTF-8",
    }
    command = ["strace", "-f", "-qq", "-y", "-s", "4096", "-e", f"trace={CALLS}", "-o", str(log)]
    done = subprocess.run(
        [*command, sys.executable, "-m", "sim", *arguments],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
    )
    if not log.exists() or "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    assert CANARY not in done.stdout + done.stderr
    return log.read_text(errors="replace").splitlines()


def reached(calls: list[str], place: Path) -> dict[str, set[str]]:
    """What was reached: programs run, network calls, files opened below the scenario's own tree, and files written."""
    found: dict[str, set[str]] = {"run": set(), "network": set(), "read": set(), "written": set()}
    for call in calls:
        name = re.match(r"\d+ +(\w+)\(", call)
        if name is None or " = -1 E" in call:
            continue  # a signal, the second half of a call, or one that came to nothing
        paths = [os.path.normpath(place / path) for path in re.findall(r'"([^"]*)"', call)]
        if name[1].startswith("exec"):
            found["run"].add(paths[0])
        elif name[1] in ("open", "openat") and not re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", call):
            found["read"] |= {path for path in paths if path.startswith(str(place.parent))}
        elif name[1] in ("open", "openat", "creat", "truncate") or name[1].startswith(
            ("rename", "mkdir", "unlink", "symlink", "link", "chmod", "fchmod")
        ):
            found["written"] |= set(paths)
        else:
            found["network"].add(call)
    return found


def test_check_of_hostile_scenarios_runs_nothing_calls_nobody_and_writes_nothing(place, record_property):
    linked(place)
    for name, data in HOSTILE.items():
        (place / name).write_bytes(data)
    found = reached(traced(place, "check", "."), place)
    assert found["run"] == {sys.executable}
    assert found["network"] == set()
    assert found["written"] <= {"/dev/null", "/dev/tty"}
    secret = {path for path in found["read"] if not path.startswith((str(place) + "/", str(place.parent / "home")))}
    assert secret <= {str(place)}
    assert not (place / "ran").exists()
    record_property("R13", f"check of {len(HOSTILE)} hostile scenarios under strace: nothing run, called or written")


ENTITIES = b"""<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b SYSTEM "http://127.0.0.1:9/x"><!ENTITY c "lol">]>
<utility_space><a>&a;</a><b>&b;</b></utility_space>"""


def test_import_of_hostile_domains_reaches_nothing(place, record_property):
    """A document type with entities opens nothing, and the file that is asked for is all that is written."""
    shutil.copytree(ROOT / "tests" / "data" / "genius" / "well", place / "well")
    profile = next(path for path in sorted((place / "well").iterdir()) if b"utility_space" in path.read_bytes()[:400])
    sound = profile.read_bytes()
    calls = []
    for number, data in enumerate((ENTITIES, ENTITIES[: ENTITIES.index(b"<utility")] + sound, sound)):
        profile.write_bytes(data)
        calls.append(reached(traced(place, "import", "genius", "well", "--output", f"made{number}.yaml"), place))
    for found in calls:
        assert found["run"] == {sys.executable} and found["network"] == set()
        assert all(path.startswith(str(place) + "/") for path in found["read"] - {str(place)}), found["read"]
    assert calls[0]["written"] | calls[1]["written"] <= {"/dev/null"}
    assert {Path(path).parent for path in calls[2]["written"] - {"/dev/null"}} == {place}
    assert (place / "made2.yaml").exists() and not (place / "made0.yaml").exists()
    record_property(
        "R13", "import of hostile domains under strace: no entity opened, nothing written but the file asked for"
    )


def test_names_in_a_domain_become_no_path(place):
    shutil.copytree(ROOT / "tests" / "data" / "genius" / "well", place / "well")
    for path in sorted((place / "well").iterdir()):
        path.write_bytes(path.read_bytes().replace(b"Hours a day", b"../../../tmp/x"))
    found = reached(traced(place, "import", "genius", "well", "--output", "made.yaml"), place)
    assert {Path(path).parent for path in found["written"] - {"/dev/null"}} == {place}
    assert "../../../tmp/x" in (place / "made.yaml").read_text()  # as a label, and not as a name


@pytest.mark.exhaustive
def test_a_batch_writes_to_its_results_folder_and_to_caches_only(place, record_property):
    """Two workers play a scenario with hostile words. Where caches lie is said in docs/trust.md.

    Charts ask `fc-list` for the fonts of the machine, once, as matplotlib does; nothing of a scenario reaches it.
    """
    words = HOSTILE["words.yaml"]
    (place / "words.yaml").write_bytes(words)
    found = reached(traced(place, "batch", "words.yaml", "-n", "100", "--workers", "2", "--out", "results"), place)
    assert {os.path.basename(path) for path in found["run"]} <= {os.path.basename(sys.executable), "fc-list"}
    assert not {call for call in found["network"] if "AF_INET" in call}
    allowed = (str(place / "results"), str(place.parent / "home"), str(ROOT / "sim"), "/dev/", "/tmp/", "/proc/self")
    outside = {path for path in found["written"] if not path.startswith(allowed)}
    assert outside == set()
    assert not (place / "ran").exists()
    home = {path for path in found["written"] if path.startswith(str(place.parent / "home"))}
    record_property(
        "R13", f"a batch under strace: {len(found['written'])} paths written, {len(home)} of them caches at home"
    )
