"""What parties mind in a text, and where that moves it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.exact import TOLERANCE
from sim.issues import NO_DEAL, Bools, Ints
from sim.state import Case
from sim.utility import Floats

Options = npt.NDArray[np.uint8]
Barred = Callable[[Ints, Ints], Bools]


@dataclass(frozen=True, eq=False)
class Objections:
    """What the parties that do not accept a text say of it.

    Attributes:
        names: Issues that a party names, shape (rows, N, I): the one on which the text keeps most from it, all of them
            where several tie; none where it has its best option on every issue, and for who accepts.
        loss: What the text keeps from it on each issue: weight x (value of its best option - value of the option in the
            text), shape (rows, N, I).
        gain: What each option would add to the text for it, shape (rows, N, I, O).
    """

    names: Bools
    loss: Floats
    gain: Floats

    @property
    def bits(self) -> Ints:
        """The issues that each party names as one number, bit i for issue i, shape (rows, N)."""
        bits: Ints = (self.names.astype(np.int64) << np.arange(self.names.shape[2])).sum(axis=2)
        return bits

    @property
    def asks(self) -> Bools:
        """Options asked for on the issues named, shape (rows, N, I, O): the next better one, all where several tie."""
        better = np.where(self.gain > TOLERANCE, self.gain, np.inf)
        nearest = better.min(axis=3, keepdims=True)
        asks: Bools = self.names[..., None] & (better <= nearest + TOLERANCE)
        return asks

    def instead(self, rows: Ints, told: Bools) -> "Objections":
        """What parties name in some rows when the issues that each has told so far, shape (rows, N, I), cannot move."""
        loss, refuse = self.loss[rows], np.logical_or.reduce(self.names[rows], axis=2)
        return Objections(_largest(np.where(told, 0.0, loss), refuse), loss, self.gain[rows])


def objections(option_worth: Floats, options: Options, refuse: Bools) -> Objections:
    """What parties name in a text, by their own weights and values.

    Args:
        option_worth: Weighted worth of each option, shape (rows, N, I, O); 0 where an issue has no such option.
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
    """The text with one option exchanged as those who object to it ask, `NO_DEAL` where none can be, shape (rows,).

    If no issue that was named can be moved, those who object are asked what they mind next, and so on.

    Args:
        said: The objections.
        options: Option indices of the text, shape (rows, I).
        case: What there is to look up.
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
    """The texts of some rows, one option exchanged on an issue named, `NO_DEAL` where none can be, shape (rows,).

    First come the issues that most parties name, then those on which the text keeps most from those who name them;
    on one issue the option that most of them ask for, then that for which most is kept from those who ask; then the
    smaller tie rank.
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
    """Sum over parties, axis 1, by ascending value, in steps of the tolerance: last bits do not tell."""
    total = np.zeros_like(loss[:, 0])
    for each in np.moveaxis(np.sort(loss, axis=1), 1, 0):
        total = total + each
    return np.rint(total / TOLERANCE).astype(np.int64)
