"""A hindcast as a document: the past that the rates of a file imply, what is known, and what is implausible."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sim.analysis.hindcast import CAUSES, Hindcast
from sim.report.document import Block, bullets, heading, paragraph, section
from sim.report.plain import pick
from sim.results.format import number
from sim.results.labels import clean, party_label
from sim.scenario import Scenario

MOST_DATES = 3  # of the table of no-deal values; the chart and --json have more
READING = (
    "Figures are medians over the draws, in brackets 10 to 90 % of them, so causes need not add up to the last digit. "
    "Utility is on each party's own scale; outside 0 to 1 it cannot have been. Rates are those of the file, at their "
    "mean: noise, dated events and levers are left out."
)
NAMES = {
    "no_deal": "no-deal value of {}",
    "no_deal_change": "change in the no-deal value of {}",
    "households_cut": "households cut off on the side of {}",
    "household_weeks": "household-weeks without power on the side of {}",
    "front": "gain at the front",
    "lines_fallen": "share of red lines that have given way",
    "support": "support by {}",
}


def notes(found: Hindcast) -> Iterator[tuple[tuple[str, ...], str]]:
    """Return implausible implications, each with the path in the file that it concerns."""
    for row in found.outside.to_dict("records"):
        message = (
            f"{party_label(found.scenario, row['party'])}: no deal would have been worth {_middle(row)} in "
            f"{found.since:%B %Y}, and outside 0 to 1 in {100 * row['share']:.0f} % of draws; "
            f"driven by {row['path']}, which adds {number(row['adds'], 2, True)}"
        )
        yield tuple(row["path"].split(".")), message
    for row in found.support[~found.support["credible"].astype(bool)].to_dict("records"):
        message = (
            f"{name(found.scenario, 'support.' + row['ratifier'])} would have been {_middle(row)} in "
            f"{found.since:%B %Y}, outside .02 to .98, from {number(row['now'])} now; driven by {row['path']}"
        )
        yield tuple(row["path"].split(".")), message
    for place, row in enumerate(found.known.to_dict("records")):
        if row["inside"]:
            continue
        lies = "above" if row["low"] > row["value"] else "below"
        message = (
            f"{row['what']}, {_span(row)}: {_amount(row['what'], row['value'])} is known ({row['source']}), and what "
            f"the rates imply lies {lies} it: {_amount(row['what'], row['median'])} ({_ends(row)} in 90 % of draws)"
        )
        yield ("known", str(place)), message


def data(found: Hindcast) -> dict[str, Any]:
    messages = [{"path": ".".join(path), "message": message} for path, message in notes(found)]
    plain = pick(found, "scenario=scenario.id seed n since as_of months worth causes outside support totals known")
    return plain | {"notes": messages}


def document(found: Hindcast) -> Iterator[Block]:
    scenario = found.scenario
    yield paragraph(clean(scenario.title))
    yield paragraph(
        f"The rates a month of the file, played back {found.months:.1f} months from {found.as_of} to {found.since}. "
        f"{found.n:,} draws of the uncertain numbers, seed {found.seed}; no talks are held.",
        2,
    )
    messages = [message for _, message in notes(found)]
    if messages:
        yield heading("What cannot have been, or is not what is known")
        yield bullets(messages)
    else:
        yield paragraph("Every party's no-deal value stays between 0 and 1, and nothing known is missed.", 2)
    yield from _worth(found)
    rows = [
        [party_label(scenario, str(party)), *(_middle(row, True) for row in of_party.to_dict("records"))]
        for party, of_party in found.causes.groupby("party", sort=False)
    ]
    yield from section(f"What each cause makes of it, from {found.as_of} back to {found.since}", ["", *CAUSES], rows)
    rows = [[name(scenario, f"support.{row['ratifier']}"), _middle(row), number(row["now"])]
            for row in found.support.to_dict("records")]  # fmt: skip
    yield from section("Share in favour at home, before what a package adds", ["", str(found.since), "now"], rows)
    rows = [[name(scenario, row["what"]), _amount(row["what"], row["median"]), _ends(row)]
            for row in found.totals.to_dict("records")]  # fmt: skip
    yield from section(f"In all, from {found.since} to {found.as_of}", ["", "median", "10 to 90 %"], rows)
    rows = [
        [name(scenario, row["what"]), _span(row), _amount(row["what"], row["value"]),
         _amount(row["what"], row["median"]), _ends(row), "yes" if row["inside"] else "no", row["source"]]
        for row in found.known.to_dict("records")
    ]  # fmt: skip
    heads = ["", "<when", "known", "implied", "5 to 95 %", "inside", "<source"]
    yield from section("Beside what is known", heads, rows)
    yield paragraph("")
    yield paragraph(READING)


def name(scenario: Scenario, what: str) -> str:
    kind, _, party = what.partition(".")
    unit = scenario.war.front.unit if kind == "front" and scenario.war and scenario.war.front else ""
    if kind == "support" and scenario.ratification:
        return NAMES[kind].format(clean(scenario.ratification.ratifiers[party].label))
    return NAMES[kind].format(party_label(scenario, party) if party else "") + (f" ({clean(unit)})" if unit else "")


def _worth(found: Hindcast) -> Iterator[Block]:
    by_party = found.worth.groupby("party", sort=False)
    dates: list[date] = sorted(found.worth["date"].unique())
    chosen = [dates[round(k * (len(dates) - 1) / (MOST_DATES - 1))] for k in range(MOST_DATES)]
    chosen = list(dict.fromkeys(chosen))
    rows = []
    for party, of_party in by_party:
        at = of_party.set_index("date").to_dict("index")
        rows.append([party_label(found.scenario, str(party)), *(_middle(at[day]) for day in chosen)])
    yield from section("No-deal value", ["", *map(str, chosen)], rows)


def _middle(row: dict[Any, Any], sign: bool = False) -> str:
    """Format `1.16 (0.80 to 1.70)`; empty where the value is constant."""
    low, median, high = (row[key] for key in ("low", "median", "high"))
    if sign and low == high == 0:
        return ""
    lower, middle, upper = (number(value, 2, sign) for value in (low, median, high))
    return middle if lower == upper else f"{middle} ({lower} to {upper})"


def _amount(what: str, value: float) -> str:
    if what.startswith(("no_deal", "lines_fallen", "support")):
        return number(value, 2, what.startswith("no_deal_change"))
    return f"{value / 1e6:,.1f} million" if abs(value) >= 1e6 else f"{value:,.0f}"


def _ends(row: dict[Any, Any]) -> str:
    low, high = (_amount(row["what"], row[key]) for key in ("low", "high"))
    return low if low == high else f"{low} to {high}"


def _span(row: dict[Any, Any]) -> str:
    end = f"{row['end']:%Y-%m}"
    return end if row["what"].partition(".")[0] in ("no_deal", "support") else f"{row['begin']:%Y-%m} to {end}"
