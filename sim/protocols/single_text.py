"""One text, held by a mediator, that moves by what the parties object to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.core.exact import TOLERANCE, Floats
from sim.core.opponent_model import INFORMATION
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.protocol import Bargainer, Protocol
from sim.core.registry import choice, count
from sim.core.solutions import asymmetric_nash, parties_by_default
from sim.core.state import (
    ACCEPTED,
    DRAFTED,
    LEFT_AS_IT_IS,
    NO_REASON,
    NOT_ASKED,
    OBJECTED,
    PASSED,
    Case,
    Moves,
    State,
)
from sim.protocols import PROTOCOLS
from sim.protocols.rounds import reason_of

Options = npt.NDArray[np.uint8]
Barred = Callable[[Ints, Ints], Bools]


@dataclass(frozen=True, eq=False)
class Objections:
    """What the parties that do not accept a text object to."""

    # issues that a party names, shape (rows, N, I): the one on which the text keeps most from it, all of them where
    # several tie; none where it has its best option on every issue, and for who accepts
    names: Bools
    # what the text keeps from it on each issue: weight x (value of its best option - value of the option in the
    # text), shape (rows, N, I)
    loss: Floats
    gain: Floats  # what each option would add to the text for it, shape (rows, N, I, O)

    @property
    def bits(self) -> Ints:
        """The issues that each party names as one number, bit i for issue i, shape (rows, N)."""
        bits: Ints = (self.names.astype(np.int64) << np.arange(self.names.shape[2])).sum(axis=2)
        return bits

    @property
    def asks(self) -> Bools:
        """Options preferred on the issues named, shape (rows, N, I, O): the next better one, all where several tie."""
        better = np.where(self.gain > TOLERANCE, self.gain, np.inf)
        nearest = better.min(axis=3, keepdims=True)
        asks: Bools = self.names[..., None] & (better <= nearest + TOLERANCE)
        return asks

    def instead(self, rows: Ints, told: Bools) -> "Objections":
        """Return the next objections in some rows when the issues named so far, shape (rows, N, I), cannot move."""
        loss, refuse = self.loss[rows], np.logical_or.reduce(self.names[rows], axis=2)
        return Objections(_largest(np.where(told, 0.0, loss), refuse), loss, self.gain[rows])


def objections(option_worth: Floats, options: Options, refuse: Bools) -> Objections:
    """Return the parties' objections to a text, by their own weights and values.

    Args:
        option_worth: Weighted utility of each option, shape (rows, N, I, O); 0 where an issue has no such option.
        options: Option indices of the text, shape (rows, I).
        refuse: Who does not accept it, shape (rows, N).
    """
    here = np.take_along_axis(option_worth, options[:, None, :, None].astype(np.int64), axis=3)
    gain = option_worth - here
    loss = gain.max(axis=3)
    return Objections(_largest(loss, refuse), loss, gain)


def _largest(loss: Floats, refuse: Bools) -> Bools:
    names: Bools = refuse[:, :, None] & (loss >= loss.max(axis=2, keepdims=True) - TOLERANCE) & (loss > TOLERANCE)
    return names


def moved(said: Objections, options: Options, case: Case, barred: Barred) -> Ints:
    """Return the text with one option changed by the objections, `NO_DEAL` where none can be, shape (rows,).

    If no issue that was named can be moved, the objectors name their next objections, and so on.

    Args:
        said: The objections.
        options: Option indices of the text, shape (rows, I).
        case: The data of the protocol.
        barred: Whether the text of a row must not become a package, both of shape (moves,).
    """
    text, told = np.full(len(options), NO_DEAL), said.names
    left, now = np.arange(len(options)), said
    while len(left):
        text[left] = _step(now, options, case, barred, left)
        left = left[(text[left] == NO_DEAL) & now.names.any(axis=(1, 2))]
        now = said.instead(left, told[left])
        told = told.copy()
        told[left] |= now.names
    return text


def _step(said: Objections, options: Options, case: Case, barred: Barred, rows: Ints) -> Ints:
    """Texts of some rows with one option changed on an issue named, `NO_DEAL` where none can be, shape (rows,).

    First come the issues that most parties name, then those with the largest loss to their objectors; on one issue the
    option that most of them prefer, then that with the largest loss to those who prefer it; then the smaller tie rank.
    """
    asks = said.asks
    asking, naming = asks.sum(axis=1), said.names.sum(axis=1)
    row, issue, option = np.nonzero(asking)
    changed = options[rows[row]].astype(np.int64)
    changed[np.arange(len(row)), issue] = option
    package = case.find(changed)
    free = np.flatnonzero(package != NO_DEAL)
    free = free[~barred(rows[row[free]], package[free])]
    row, issue, option, package = row[free], issue[free], option[free], package[free]
    named_loss = _steps(np.where(said.names, said.loss, 0.0))
    asked_loss = _steps(np.where(asks, said.loss[..., None], 0.0))
    order = np.lexsort((
        case.tie_rank[package],
        -asked_loss[row, issue, option],
        -asking[row, issue, option],
        -named_loss[row, issue],
        -naming[row, issue],
        row,
    ))  # fmt: skip
    found, first = np.unique(row[order], return_index=True)
    text = np.full(len(rows), NO_DEAL)
    text[found] = package[order[first]]
    return text


def _steps(loss: Floats) -> Ints:
    """Sum over parties, axis 1, by ascending value, in steps of the tolerance, so that last bits do not decide."""
    total = np.zeros_like(loss[:, 0])
    for each in np.moveaxis(np.sort(loss, axis=1), 1, 0):
        total = total + each
    return np.rint(total / TOLERANCE).astype(np.int64)


KNOWN = {name: about for name, about in INFORMATION.items() if name != "learned"}  # only the mediator makes offers


@PROTOCOLS.register(
    "single_text",
    formula="first: argmax of the product of (known u_n(p) - known no_deal_n)^((1 + a_n) / 2), a_n the bias toward n; "
    "then one step on the issue named most, a party naming argmax over i of w_i (best v_i - v_i(text))",
    source="after the one-text procedure of Fisher & Ury (1981), held at Camp David in 1978 (Raiffa 1982); what is "
    "named and how the text moves is our own rule",
    use="talks through a mediator who holds the pen: nobody else makes offers; all say yes, or what they mind in it",
)
@dataclass(frozen=True)
class SingleText(Protocol):
    """A mediator puts one text before all who must sign it, and changes it by what they object to.

    In a round the mediator puts its text on the table, and every signatory accepts it or names the issue on which it
    keeps most from that party. A text that all signatories accept is signed. In the next round the mediator moves the
    issue that most of them named by one step, to the option that those who named it would like next; if that gives one
    of its last texts, what is off the table, what cannot be, or what crosses a red line that it has heard of and that
    the text does not cross already, it turns to the next issue named, then to what those who object mind next. If
    nothing can be moved the text stays as it is.
    """

    needs_mediator = True

    information: str = choice("positions", KNOWN, doc="what the mediator, and each party, knows of the others")
    memory: int = count(5, doc="how many of its last texts the mediator does not come back to, and for how many rounds "
                        "it moves onto no line that was named")  # fmt: skip

    def streams(self, parties: Sequence[str], rounds: int) -> list[list[str]]:
        """Nothing is drawn: all answer the same text."""
        return []

    def turns(self, parties: Sequence[str], rounds: int, lots: Floats) -> Ints:
        """Return the turns: every party answers in every round, after the mediator; party indices, shape (R, B, N)."""
        return np.broadcast_to(np.arange(len(parties)), (rounds, lots.shape[1], len(parties)))

    def play_round(
        self, state: State, parties: Sequence[Bargainer], turns: Ints, case: Case
    ) -> tuple[State, Moves]:
        moves = Moves.none(np.hstack([np.full((len(turns), 1), case.mediator), turns]))
        state, did = self._put(state, parties, case)
        nothing = np.full(len(did), NO_REASON)
        moves = moves.with_turn(0, state.open, did, state.standing, nothing)
        asked = state.open[:, None] & case.signs[:, state.standing].T
        state = _asked(state, parties, asked)
        answers = np.array([party.accepts(state, state.standing) for party in parties]).T  # all to the same table
        why = np.array([reason_of(party, state.standing, case.lines) for party in parties]).T
        why[~asked | answers] = NO_REASON
        rows = np.flatnonzero(state.open)
        minds = np.zeros(asked.shape, np.int64)
        minds[rows] = _said(state, parties, case, rows, (asked & ~answers)[rows]).bits
        for party in parties:
            n, silent = party.index, NOT_ASKED if party.index == case.mediator else PASSED
            did = np.where(asked[:, n], np.where(answers[:, n], ACCEPTED, OBJECTED), silent)
            moves = moves.with_turn(n + 1, state.open, did, state.standing, why[:, n], minds[:, n])
        accepted = np.where(state.open[:, None], asked & answers, state.accepted)
        state = state._replace(accepted=accepted, named=_named(state, why))
        return state.with_signatures(case.signs), moves

    def _put(self, state: State, parties: Sequence[Bargainer], case: Case) -> tuple[State, Ints]:
        """Make the mediator table, change or leave its text; returns the table and its action.

        As long as it has drafts it tables these, one a round.
        """
        mediator, text = parties[case.mediator], state.standing
        new = np.where(state.open, mediator.draft(state), NO_DEAL)
        rows = np.flatnonzero(state.open & (new == NO_DEAL))
        void = (text[rows] == NO_DEAL) | mediator.taken_off(rows, text[rows])
        begin, go_on = rows[void], rows[~void]
        if len(begin):
            new[begin] = self._begun(state, mediator, case, begin)
        if len(go_on):
            new[go_on] = self._moved(state, parties, case, go_on)
        puts = state.open & (new != NO_DEAL)
        state = state.with_offer(mediator.index, puts, new, np.zeros_like(puts))
        return state, np.where(puts, DRAFTED, LEFT_AS_IT_IS)

    def _moved(self, state: State, parties: Sequence[Bargainer], case: Case, rows: Ints) -> Ints:
        """Return the text that replaces the present one, `NO_DEAL` where it stays, shape (rows,).

        Every party that has not accepted it objects, also one that withdraws its consent since its reservation value
        rose.
        """
        text, lines = state.standing[rows], case.lines
        last, heard = self._last(state, case, rows), state.lines_named(self.memory)[rows]
        mediator = parties[case.mediator]

        def barred(row: Ints, package: Ints) -> Bools:
            again = (last[row] == package[:, None]).any(axis=1)
            crossed = lines.crosses[lines.pattern[package]] & ~lines.crosses[lines.pattern[text[row]]]
            barred: Bools = again | (crossed & heard[row]).any(axis=1) | mediator.taken_off(rows[row], package)
            return barred

        refuse = case.signs[:, text].T & ~state.accepted[rows]
        return moved(_said(state, parties, case, rows, refuse), case.packages[text], case, barred)

    def _begun(self, state: State, mediator: Bargainer, case: Case, rows: Ints) -> Ints:
        """Return the first text, shape (rows,): the largest product of gains as far as the mediator knows them.

        The first that exists of: proposals on file; all packages; both without those that cross a known red line or
        equal a recent text; these too, if nothing else is left.
        """
        on_table, known = mediator.on_the_table(rows), case.knowledge()
        quiet = on_table & ~case.lines.crossed(state.lines_named(self.memory)[rows])
        for row, packages in enumerate(self._last(state, case, rows)):
            quiet[row, packages[packages != NO_DEAL]] = False
        on_file = np.zeros(on_table.shape[1], bool)
        on_file[case.proposals] = True
        parties, exponents = parties_by_default(case.signs), case.leaning[case.mediator] / 2
        text, found = np.full(len(rows), NO_DEAL), dict[tuple[int, bytes], int]()
        for row, b in enumerate(rows.tolist()):
            pools = (quiet[row] & on_file, quiet[row], on_table[row])
            pool = next((each for each in pools if each.any()), pools[-1])
            at = b if len(known.utility) > 1 else 0
            key = at, np.packbits(pool).tobytes()
            if key not in found:
                utility, reservation_value = known.utility[at], known.reservation_value[at]
                found[key] = asymmetric_nash(
                    utility, reservation_value, pool, parties, exponents, case.tie_rank
                ).package
            text[row] = found[key]
        return text

    def _last(self, state: State, case: Case, rows: Ints) -> Ints:
        """The mediator's last texts, the latest first, `NO_DEAL` where there are fewer, shape (rows, memory)."""
        place = state.offers_made[rows, case.mediator][:, None] - 1 - np.arange(self.memory)
        return np.where(place < 0, NO_DEAL, state.log[rows[:, None], case.mediator, np.maximum(place, 0)])


def _said(state: State, parties: Sequence[Bargainer], case: Case, rows: Ints, refuse: Bools) -> Objections:
    option_worth = np.array([party.view(state).option_worth[rows] for party in parties])
    return objections(option_worth.swapaxes(0, 1), case.packages[state.standing[rows]], refuse)


def _asked(state: State, parties: Sequence[Bargainer], asked: Bools) -> State:
    worth = np.array([party.utility_of(state.standing) for party in parties]).T
    received = np.where(asked, state.standing[:, None], state.received)
    best = np.where(asked, np.maximum(state.best_received, worth), state.best_received)
    return state._replace(received=received, best_received=best)


def _named(state: State, why: Ints) -> Ints:
    """Rounds in which red lines were last named, after those who object gave their reasons, shape (B, L)."""
    draw, party = np.nonzero(why >= 0)
    named = state.named.copy()
    named[draw, why[draw, party]] = state.round
    return named
