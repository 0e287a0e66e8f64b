"""One draw played step by step, and how things stood in each of its rounds."""

from dataclasses import dataclass

import numpy as np

from sim.ensemble import Ensemble
from sim.issues import NO_DEAL, Bools
from sim.mechanisms.ratification import Votes
from sim.model import PeaceTalks
from sim.talks import Talks
from sim.utility import Floats

NEVER = 0  # in place of a round, which are counted from 1


@dataclass(frozen=True, eq=False)
class Seen:
    """How things stood in one round.

    Attributes:
        waiting: A signed text was refused at home and the parties have not come back to the table.
        reopened: They came back in this round.
        utility: Worth of all packages as the parties bargained by it in this round, shape (N, P).
        strength: Of each lever in this round, shape (levers,).
        struck: Packages that were refused at home before this round, shape (P,); None while none is.
        signed: The package signed in this round, `NO_DEAL` for none.
        votes: What came of it at home; None where nothing was signed or nobody votes.
        back_in: Round in which they talk again after a refusal, `NEVER` if they do not.
    """

    waiting: bool
    reopened: bool
    utility: Floats
    strength: Floats
    struck: Bools | None
    signed: int
    votes: Votes | None
    back_in: int


def watch(ensemble: Ensemble) -> tuple[Talks, tuple[Seen, ...]]:
    """Play the one draw of an ensemble; the talks are those of `hold_talks`."""
    if len(ensemble) != 1:
        raise ValueError(f"one draw is watched at a time, not {len(ensemble)}")
    model, seen = PeaceTalks(ensemble), list[Seen]()
    try:
        while model.running:
            seen.append(_round(model, seen[-1] if seen else None))
        return model.hold(), tuple(seen)
    finally:
        model.__dict__.clear()  # as in `hold_talks`: a Mesa model refers to itself


def _round(model: PeaceTalks, before: Seen | None) -> Seen:
    """Play a round and look."""
    world, old, k = model.ensemble.world, model.state, model.state.round + 1
    levers = world.levers
    strength = np.zeros(0) if levers is None else levers.at_the_start(old.pressure, k)[0]
    reopened = bool(model.approval.reopens_at[0] == k)
    waiting = not old.open[0] and not reopened
    struck = None if before is None else _struck(model.ensemble, before)
    model.step()
    utility = None if before is None else before.utility
    if utility is None or any(word.from_round[0] == k for word in world.commitments):
        utility = model.utility[0].copy()  # the model changes its own when a public word is given
    signed = int(model.state.standing[0]) if model.state.signed[0] == k else NO_DEAL
    votes = None
    if signed != NO_DEAL and world.ratification is not None:
        votes = world.ratification.hold(np.array([signed]))
    back_in = int(model.approval.reopens_at[0])
    return Seen(waiting, reopened, utility, strength, struck, signed, votes, back_in if back_in > k else NEVER)


def _struck(ensemble: Ensemble, before: Seen) -> Bools | None:
    """Packages that nobody signs any more, given the round before."""
    ratification = ensemble.world.ratification
    if ratification is None or before.votes is None or before.votes.passed[0]:
        return before.struck
    new: Bools = ratification.struck(ratification.refusal(np.array([before.signed]), before.votes))[0]
    return new if before.struck is None else before.struck | new
