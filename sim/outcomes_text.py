"""Text of many draws: of the few different texts that a column has, each is made once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.issues import Bools, Ints


def names_joined(names: Sequence[str], marked: Bools, between: str) -> npt.NDArray[np.object_]:
    """The names that each draw marks, joined; shape (B,) of marks of shape (B, names)."""
    if not len(names):
        return np.full(len(marked), "", object)
    packed = np.packbits(marked, axis=1)
    kinds, first, which = np.unique(
        packed.view(f"S{packed.shape[1]}").ravel(), return_index=True, return_inverse=True
    )  # fmt: skip
    texts = np.empty(len(kinds), object)
    texts[:] = [between.join(name for name, is_one in zip(names, marked[b], strict=True) if is_one) for b in first]
    return texts[which]


def text_of_codes(codes: Ints, names: Sequence[str]) -> Any:
    """The names that codes stand for as a column of text; missing where the code is -1."""
    return pd.array([*names, pd.NA], "string").take(codes)


def text_or_missing(texts: npt.NDArray[np.object_]) -> Any:
    """Texts as a column; missing where they are empty or None."""
    codes, kinds = pd.factorize(texts)
    return pd.array([kind or pd.NA for kind in kinds] + [pd.NA], "string").take(codes)
