"""A shard: one of several runs that share the chunks of a scenario, each into a folder of its own."""

import re
from dataclasses import dataclass
from pathlib import Path

_ENDING = re.compile(r"(?P<stem>.+)\.shard-(?P<number>[1-9]\d{0,8})-of-(?P<of>[1-9]\d{0,8})")


@dataclass(frozen=True, order=True)
class Shard:
    """One of so many, with chunks of its own, see `shard_number`.

    Attributes:
        number: From 1.
        of: How many there are.

    Raises:
        ValueError: if there is no such shard.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if type(self.number) is not int or type(self.of) is not int or not 1 <= self.number <= self.of < 10**9:
            raise ValueError(f"shard {self.number} of {self.of} is none; shards are counted from 1 to their number")

    def __str__(self) -> str:
        return f"shard {self.number} of {self.of}"

    def has(self, identity: str, chunk: int) -> bool:
        """Whether a chunk of these results, counted from 0, is its own."""
        return shard_number(identity, chunk, self.of) == self.number

    def beside(self, folder: Path) -> Path:
        """Its folder, beside the one for the results of all shards."""
        return folder.with_name(f"{folder.name}.shard-{self.number}-of-{self.of}")


def shard_number(identity: str, chunk: int, of: int) -> int:
    """Whose a chunk of these results is, if there are so many shards.

    Chunks go round the shards, whatever the number of draws, so that more draws move none from one shard to another.
    Where they begin depends on the results: else, of many scenarios with a chunk each, all would be the first shard's.
    """
    return (int(identity[:8], 16) + chunk) % of + 1


def stem_of(folder: Path) -> str | None:
    """The name of the folder for the results of all shards, from that of one shard; None if it is not called so."""
    found = _ENDING.fullmatch(folder.name)
    return found["stem"] if found else None
