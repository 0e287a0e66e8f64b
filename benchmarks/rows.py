"""The rows of the table: what is measured, by which benchmark, beside what, and the aim."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from calling import in_turn, median, median_ratio, ours, peer
from growth_plot import draw as draw_growth
from small_case import RULES

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "growth.png"
AIMS = {"best_for_others": 1000, "least_own": 1000, "tit_for_tat": 300, "micro": 300}  # times the peer
IN_ONE_LOOP = ("best_for_others",)  # the others are slower, so fewer draws are enough to time them
PEER_SECONDS = "8"


@dataclass(frozen=True)
class Options:
    """How to measure.

    Attributes:
        negmas: An interpreter that has NegMAS; None to leave the peer out.
        pairs: How often each pair is measured.
        draws: Draws of the flagship's batch.
        machine: Told below the picture.
    """

    negmas: str | None
    pairs: int
    draws: int
    machine: str


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        what: Is measured.
        ours: What was measured.
        beside: What was measured beside it, in the same run.
        ratio: Of the two, as words.
        aim: As words.
        met: Whether the aim is met; None where there is none, or nothing to hold against it.
        needs_quiet: Whether a miss says nothing on a busy machine: a time, a speed, what a second core is good for,
            or how sizes compare that were timed one after the other.
    """

    what: str
    ours: str
    beside: str = ""
    ratio: str = ""
    aim: str = ""
    met: bool | None = None
    needs_quiet: bool = False


def times(ratio: float | None, name: str) -> str:
    """A ratio in words; nothing where nothing was measured beside."""
    return "" if ratio is None else f"{ratio:,.0f} times {name}" if ratio >= 10 else f"{ratio:.2f} times {name}"


def small_case(options: Options, rule: str) -> list[Row]:
    """One rule of the small case beside NegMAS."""
    negotiator, draws = RULES[rule][2], "10000" if rule in IN_ONE_LOOP else "2048"
    with tempfile.TemporaryDirectory() as folder:
        numbers = str(Path(folder) / "draws.json")

        def theirs() -> dict[str, float]:
            assert options.negmas is not None
            return peer(options.negmas, "negmas_peer.py", negotiator, numbers, PEER_SECONDS)

        measured = in_turn(
            options.pairs,
            lambda: ours("small_case.py", rule, draws, numbers),
            theirs if options.negmas else None,
        )
    ratio, aim = median_ratio(measured, "draws_per_second"), AIMS.get(rule)
    return [Row(
        f"625 packages, 4 parties, 100 rounds, `{rule}`",
        f"{median(measured[0], 'draws_per_second'):,.0f} draws/s",
        f"{median(measured[1], 'draws_per_second'):,.1f} draws/s" if ratio else "",
        times(ratio, "NegMAS"),
        f"{aim:,} times NegMAS" if aim else "",
        None if ratio is None or aim is None else ratio >= aim,
    )]  # fmt: skip


def limit(options: Options) -> list[Row]:
    """The small case beside one compiled loop made for it."""
    found = ours("limit.py", "11200", str(max(3, options.pairs)))
    if not found["same"]:
        raise SystemExit("limit.py: the loop and ours do not agree in package and round of every draw")
    loop, rows = f"{found['limit_draws_per_second']:,.0f} draws/s", []
    for name, told, aim in (("talks", "arrays to outcomes", 2.0), ("whole", "with all columns and counts", None)):
        slower = found[f"{name}_times_limit"]
        rows.append(Row(
            f"625 packages, `best_for_others`, {told}, beside one compiled loop",
            f"{found[f'{name}_draws_per_second']:,.0f} draws/s",
            loop,
            f"the loop is {slower:.1f} times as fast",
            f"at most {aim:.0f} times" if aim else "",
            slower <= aim if aim else None,
        ))  # fmt: skip
    return rows


def pareto(options: Options) -> list[Row]:
    """The frontier of 100,000 packages, two kinds of worth."""
    with tempfile.TemporaryDirectory() as folder:
        worths = str(Path(folder) / "worths.npz")
        one, other = in_turn(
            options.pairs,
            lambda: ours("pareto.py", worths),
            (lambda: peer(str(options.negmas), "pareto_peer.py", worths)) if options.negmas else None,
        )
    rows = []
    for kind in one[0]:
        mine, theirs = [each[kind] for each in one], [each[kind] for each in other]
        if any(each["digest"] != mine[0]["digest"] for each in [*mine, *theirs]):
            raise SystemExit(f"pareto.py: the frontiers of {kind} worths are not the same")
        seconds, slower = median(mine, "seconds"), median_ratio((theirs, mine), "seconds") if theirs else None
        rows.append(Row(
            f"Pareto frontier, 100,000 packages, 4 parties, {kind} worths",
            f"{1000 * seconds:,.1f} ms",
            f"{1000 * median(theirs, 'seconds'):,.0f} ms" if theirs else "",
            times(slower, "NegMAS"),
            "below 30 ms",
            seconds < 0.03,
            needs_quiet=True,
        ))  # fmt: skip
    return rows


def flagship_bare(options: Options) -> list[Row]:
    """The flagship's bargaining alone beside NegMAS."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = str(Path(folder) / "draws.json")
        measured = in_turn(
            options.pairs,
            lambda: ours("flagship_bare.py", "1024", numbers),
            (lambda: peer(str(options.negmas), "negmas_peer.py", "aspiration", numbers, PEER_SECONDS))
            if options.negmas
            else None,
        )
    speed, ratio = median(measured[0], "draws_per_second"), median_ratio(measured, "draws_per_second")
    return [Row(
        "flagship, bargaining alone, one core",
        f"{speed:,.0f} draws/s",
        f"{median(measured[1], 'draws_per_second'):.2f} draws/s" if ratio else "",
        times(ratio, "NegMAS"),
        "500 draws/s",
        speed >= 500,
        needs_quiet=True,
    )]  # fmt: skip


def mechanisms(options: Options) -> list[Row]:
    """All mechanisms beside the bargaining alone."""
    found = ours("mechanisms.py", "128", str(max(3, options.pairs)))
    return [Row(
        "flagship, all mechanisms, one core, beside bargaining alone",
        f"{found['all_draws_per_second']:,.0f} draws/s",
        f"{found['bare_draws_per_second']:,.0f} draws/s",
        f"{found['times_slower']:.2f} times the time",
    )]  # fmt: skip


def tweak(options: Options) -> list[Row]:
    """One weight changed, shares of 500 draws seen."""
    seconds = ours("tweak.py", "500", str(max(3, options.pairs)))["seconds"]
    what = "one weight of the flagship changed, shares of 500 draws, bargaining alone, warm"
    return [Row(what, f"{seconds:.2f} s", aim="below 1 s", met=seconds < 1, needs_quiet=True)]


def flagship(options: Options) -> list[Row]:
    """The whole batch with files and charts, and the memory it takes."""
    found = ours("flagship.py", str(options.draws), "2")
    seconds, memory = found["seconds"], found["largest_process_mb"]
    whole = options.draws >= 10_000
    speed = f"{seconds:.1f} s, {found['draws_per_second']:,.0f} draws/s"
    what = f"flagship, all mechanisms, {options.draws:,} draws, two workers"
    in_time, in_memory = (seconds < 30, memory < 600) if whole else (None, None)
    return [
        Row(f"{what}, with files and charts", speed, aim="below 30 s", met=in_time, needs_quiet=True),
        Row(f"{what}: largest process", f"{memory:.0f} MB", aim="below 600 MB", met=in_memory),
    ]


def workers(options: Options) -> list[Row]:
    """Two workers beside one."""
    found = ours("workers.py", str(options.draws), str(options.pairs))
    return [Row(
        f"flagship, all mechanisms, {options.draws:,} draws with files: two workers beside one",
        f"{found['two_seconds']:.1f} s",
        f"{found['one_seconds']:.1f} s",
        f"{found['times_faster']:.2f} times as fast",
        "1.8 times",
        found["times_faster"] >= 1.8,
        needs_quiet=True,
    )]  # fmt: skip


def growth(options: Options) -> list[Row]:
    """How the cost of a draw grows; draws the picture."""
    found = ours("growth.py", str(options.pairs))
    draw_growth(found, PICTURE, options.machine)
    rows = []
    for strategy, exponents in found["exponents"].items():
        told = ", ".join(f"{what} {power:.2f}" for what, power in exponents.items())
        linear = all(power <= (0.1 if what == "draws" else 1.1) for what, power in exponents.items())
        what = f"growth of the cost of a draw, `{strategy}`: power of"
        aim = "draws 0, packages and rounds at most 1 (within 0.1)"
        rows.append(Row(what, told, aim=aim, met=linear, needs_quiet=True))
    return rows


ROWS: dict[str, Callable[[Options], list[Row]]] = {
    **{f"small-{rule}": lambda options, rule=rule: small_case(options, rule) for rule in RULES},
    "limit": limit,
    "pareto": pareto,
    "flagship-bare": flagship_bare,
    "mechanisms": mechanisms,
    "tweak": tweak,
    "flagship": flagship,
    "workers": workers,
    "growth": growth,
}
