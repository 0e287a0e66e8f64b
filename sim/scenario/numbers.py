"""A number of a scenario: what it is, how far it may lie from that, and where it comes from."""

from dataclasses import dataclass
from typing import Literal

Law = Literal["triangular", "uniform", "normal", "beta"]
Status = Literal["sourced", "assumption", "mixed"]

MIDDLE_LAWS = ("uniform", "normal")  # their value is the middle of the range and nothing else
DEFAULT_LAW: Law = "triangular"


@dataclass(frozen=True)
class Number:
    """A number, drawn anew in every run if it has a range.

    Attributes:
        value: The central number.
        low, high: The range (5th and 95th percentile of a `normal`), None if the number is certain.
        law: How it is drawn between them.
        status: Whether the number was read in a source, is an assumption, or a judgement made from a sourced fact.
        source: Keys of `sources`.
        note: A remark for the reader.
    """

    value: float
    low: float | None = None
    high: float | None = None
    law: Law = DEFAULT_LAW
    status: Status | None = None
    source: tuple[str, ...] = ()
    note: str = ""

    @property
    def uncertain(self) -> bool:
        """Whether it differs from draw to draw."""
        return self.low is not None and self.high is not None and self.low < self.high

    def __float__(self) -> float:
        return float(self.value)

    def same_law(self, other: "Number") -> bool:
        """Whether both are drawn alike: value, range and law."""
        return self._drawn == other._drawn

    @property
    def _drawn(self) -> tuple[object, ...]:
        return (self.value, self.low, self.high, self.law) if self.uncertain else (self.value,)

    def __str__(self) -> str:
        spread = f" [{self.low:g}, {self.high:g}]" if self.uncertain else ""
        law = f" {self.law}" if self.uncertain and self.law != DEFAULT_LAW else ""
        return f"{self.value:g}{spread}{law}"
