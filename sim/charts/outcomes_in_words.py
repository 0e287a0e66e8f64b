"""What became of a run, in words that take no side."""

from sim import stages
from sim.results import Results

OUTCOME_WORDS = {
    "no_zone": "No zone: no package was acceptable to all who must sign",
    "deadline": "Time ran out, though some package was acceptable to all who must sign",
    "broke_off": "A party broke off the talks",
    "refused": "Agreement signed, not ratified",
    "in_force": "Agreement in force",
}


def outcome_words(results: Results, outcome: str) -> str:
    """An outcome in words; where nobody votes on a text, what is in force is spoken of as signed."""
    if outcome == "in_force" and getattr(results.scenario, "ratification", None) is None:
        return "Agreement signed"
    return OUTCOME_WORDS.get(outcome, outcome.replace("_", " "))


def without_agreement(results: Results) -> dict[str, int]:
    """Runs in which no text was signed, by outcome."""
    counts = stages.without_agreement(results)
    kinds = ["no_zone", "deadline", *(name for name in OUTCOME_WORDS if name not in ("no_zone", "deadline"))]
    found = {name: counts.get(name, 0) for name in kinds}
    return {name: count for name, count in found.items() if count or name in ("no_zone", "deadline")}


def agreement_sentence(results: Results, share: str) -> str:
    """How often a text was signed, `share` being the share in words."""
    if results.n == 1:
        return f"{'An' if results.agreements else 'No'} agreement was signed in the one run."
    if not results.agreements:
        return f"No agreement was signed in any of {results.n:,} runs."
    return f"An agreement was signed in {share} of {results.n:,} runs."
