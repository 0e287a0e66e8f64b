"""The page that explains every name of the negotiation library: `python -m tests.library_page` writes it anew.

Its words are those of `peacesim list`, which come from the registries, so that there is one text of each.
"""

from pathlib import Path

from sim.cli.listing import Entry, entries_of

PAGE = Path(__file__).parent.parent / "docs" / "negotiation.md"
INTRODUCTION = """\
# The negotiation library

Every name that a scenario may use for how parties bargain, and every solution that results are compared with: what it
does, its formula, where it comes from and when to use it. `peacesim list` prints the same. The parameters are in
[scenario-files.md](scenario-files.md), the mathematics that the formulas rest on in [model.md](model.md), and the works
named as sources are listed [at its end](model.md#sources).

In formulas `u(p)` is a party's utility of package p, `u_m` that of party m, `known` what the party knows of it, `a`
its aspiration (the utility it demands now), `no_deal` its reservation value in this round, `best` its largest utility
among packages it could sign, `w_i` and `v_i` its weight and value of issue i. Of the reference solutions `n` are the
parties that count, `g_n(p) = u_n(p) - no_deal_n` is what package p adds for them, and p and q are packages of the zone.
"""
SECTIONS = {
    "protocols": ("Protocols", "Who moves, what binds and when it ends: `protocol: {name: ...}`."),
    "strategies": ("Strategies", "The utility a party demands, round by round: `strategy: {name: ...}` of a party."),
    "offers": ("Offer rules", "Which package of that utility it offers: `offers` of its strategy."),
    "acceptance": ("Acceptance rules", "What it accepts: `accepts` of its strategy."),
    "information": ("Information", "What parties know of each other: `information` of the protocol."),
    "solutions": (
        "Reference solutions",
        "What theory would pick from the packages of the zone without any bargaining: printed by `show`.",
    ),
}


def page() -> str:
    """The page as it should be."""
    parts = [INTRODUCTION]
    for kind, (title, about) in SECTIONS.items():
        parts.append(f"## {title}\n\n{about}\n")
        entries = entries_of(kind)
        if all("formula" in entry for entry in entries):
            parts += [_section(entry) for entry in entries]
        else:
            rows = [f"| `{entry['name']}` | {entry['about']} |" for entry in entries]
            parts.append("\n".join(["| name | meaning |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


def _section(entry: Entry) -> str:
    told = [f"- *{key}*: {value}" for key, value in (
        ("formula", f"`{entry['formula']}`"), ("source", entry["source"]), ("use", entry["use"]))]  # fmt: skip
    return "\n".join([f"### `{entry['name']}`", "", entry["about"], "", *told, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
