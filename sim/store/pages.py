"""The pages of a Parquet file, walked by their headers before any of them is unpacked.

What a reader unpacks, and how much memory it takes for that, follows from the headers of pages; the sums in the footer
are another statement of the same file, and need not be true. A header is a structure of Thrift's compact protocol.
"""

from collections.abc import Iterator
from dataclasses import dataclass

DATA, DICTIONARY = 0, 2  # kinds of pages that this program writes
PLAIN_ENCODINGS = {0, 2, 3, 8}  # plain, by dictionary, by run length: none in which one value repeats another's text
MOST_HEADER = 100_000  # bytes: fields that nobody needs may be in it

_BOOLEANS = (1, 2)
_INTEGERS = (4, 5, 6)
_ONE_BYTE, _DOUBLE, _BINARY, _STRUCT = 3, 7, 8, 12


@dataclass(frozen=True)
class Page:
    """A page, as its header has it.

    Attributes:
        kind: `DATA` or `DICTIONARY`.
        values: How many there are in it.
        packed: Bytes in the file.
        unpacked: Bytes in memory.
    """

    kind: int
    values: int
    packed: int
    unpacked: int


def pages(data: bytes, start: int, length: int) -> Iterator[Page]:
    """The pages of one column.

    Args:
        data: All of the file.
        start: Of the first header.
        length: Bytes of all headers and pages.

    Raises:
        ValueError: if there is anything but whole pages of the kinds that this program writes.
    """
    stop = start + length
    if start < 4 or length < 0 or stop > len(data) - 8:
        raise ValueError("a column that lies outside of it")
    while start < stop:
        fields, start = _header(data, start, min(stop, start + MOST_HEADER))
        kind = fields.get((1,), -1)
        packed, unpacked = fields.get((3,), -1), fields.get((2,), -1)
        inner = {DATA: 5, DICTIONARY: 7}.get(kind, 0)
        values, encoding = fields.get((inner, 1), -1), fields.get((inner, 2), -1)
        if min(packed, unpacked, values) < 0 or encoding not in PLAIN_ENCODINGS or start + packed > stop:
            raise ValueError("a page that no results folder has")
        start += packed
        yield Page(kind, values, packed, unpacked)


def _header(data: bytes, at: int, stop: int) -> tuple[dict[tuple[int, ...], int], int]:
    """The whole numbers of a header by their field, of structures in it by both fields; and where it ends."""
    found: dict[tuple[int, ...], int] = {}
    path: list[int] = []  # fields of the structures that are open
    field = 0
    while True:
        if at >= stop:
            raise ValueError("a page whose header has no end")
        byte = data[at]
        at += 1
        if byte == 0:
            if not path:
                return found, at
            field = path.pop()
            continue
        kind, step = byte & 15, byte >> 4
        if step:
            field += step
        else:
            field, at = _number(data, at, stop)
        if kind in _INTEGERS:
            found[(*path, field)], at = _number(data, at, stop)
        elif kind == _STRUCT:
            if len(path) > 3:
                raise ValueError("a page whose header is too deep")
            path.append(field)
            field = 0
        else:
            at = _skipped(data, at, stop, kind)


def _skipped(data: bytes, at: int, stop: int, kind: int) -> int:
    """Where a value ends that is no whole number and no structure."""
    if kind in _BOOLEANS:
        return at
    if kind == _ONE_BYTE:
        return at + 1
    if kind == _DOUBLE:
        return at + 8
    if kind == _BINARY:
        length, at = _unsigned(data, at, stop)
        if at + length > stop:
            raise ValueError("a page whose header has no end")
        return at + length
    raise ValueError("a page whose header holds what none holds")


def _number(data: bytes, at: int, stop: int) -> tuple[int, int]:
    """A whole number with its sign, and where it ends."""
    value, at = _unsigned(data, at, stop)
    return (value >> 1) ^ -(value & 1), at


def _unsigned(data: bytes, at: int, stop: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= stop or shift > 63:
            raise ValueError("a page whose header has no end")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
