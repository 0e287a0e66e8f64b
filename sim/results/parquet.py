"""Tables as Parquet bytes, and a hash of their content independent of the writer.

The memory that a reader needs follows from the page headers; the totals in the footer may be false. A header is a
structure of Thrift's compact protocol.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.results.files import StoreError

DATA, DICTIONARY = 0, 2  # kinds of pages that this program writes
PLAIN_ENCODINGS = {0, 2, 3, 8}  # plain, by dictionary, by run length: none in which one value repeats another's text
MOST_HEADER = 100_000  # bytes of a header, which may have unused fields

_BOOLEANS = (1, 2)
_INTEGERS = (4, 5, 6)
_ONE_BYTE, _DOUBLE, _BINARY, _STRUCT = 3, 7, 8, 12


@dataclass(frozen=True)
class Page:
    """A page, as in its header."""

    kind: int
    values: int
    unpacked: int


def pages(data: bytes, start: int, length: int) -> Iterator[Page]:
    """Pages of one column; a ValueError for anything but whole pages of the kinds that this program writes."""
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
        yield Page(kind, values, unpacked)


def _header(data: bytes, at: int, stop: int) -> tuple[dict[tuple[int, ...], int], int]:
    """Parse the integers of a header by their field, of nested structures by both fields; and where it ends."""
    found: dict[tuple[int, ...], int] = {}
    path: list[int] = []  # fields of the open structures
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
    """Return the end of a value that is no integer and no structure."""
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


MOST_FOOTER = 4_000_000  # bytes
MOST_COLUMNS = 10_000  # where they are not known
MOST_LISTED = 100  # entries of any list in it, beyond the columns
MOST_TEXT = 100_000_000  # bytes of all texts of a table
MOST_ROWS = 10_000_000
A_ROW, SLACK = 10_000, 1_000_000  # of these bytes, allowed per row and for any table

# How a column of a frame is stored, and how it comes back: pandas type -> Arrow type, missing values allowed.
_STORED: dict[str, tuple[pa.DataType, bool]] = {
    "float64": (pa.float64(), False),  # a missing number is NaN
    "int64": (pa.int64(), False),
    "bool": (pa.bool_(), False),
    "Int32": (pa.int32(), True),
    "Int64": (pa.int64(), True),
    "boolean": (pa.bool_(), True),
    "string": (pa.string(), True),
}
_FRAMED = {stored: name for name, stored in _STORED.items()}


def schema_of(frame: pd.DataFrame) -> pa.Schema:
    """Return the columns under which a frame is stored; a ValueError for an unsupported type."""
    fields = []
    for name, kind in frame.dtypes.items():
        if str(kind) not in _STORED:
            raise ValueError(f"column {name} is of type {kind}, which results folders do not hold")
        stored, nullable = _STORED[str(kind)]
        fields.append(pa.field(str(name), stored, nullable))
    return pa.schema(fields)


def table_of(frame: pd.DataFrame) -> pa.Table:
    """Convert a frame to an Arrow table; NaN stays NaN, and only `NA` is a missing value."""
    schema = schema_of(frame)
    arrays = []
    for field in schema:
        column = frame[field.name]
        values = column.array if field.nullable else column.to_numpy()
        array = pa.array(values, from_pandas=field.nullable)
        arrays.append(_whole(array).cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Invert `table_of`."""
    columns: dict[str, Any] = {}
    kinds = dtypes_of(table.schema)
    for field in table.schema:
        column = table.column(field.name)
        columns[field.name] = kinds[field.name].__from_arrow__(column) if field.nullable else column.to_numpy()
    return pd.DataFrame(columns)


def dtypes_of(schema: pa.Schema) -> dict[str, Any]:
    """The types that the columns have in a frame, by name."""
    return {field.name: pd.api.types.pandas_dtype(_FRAMED[field.type, field.nullable]) for field in schema}


def to_bytes(table: pa.Table) -> bytes:
    """Write a table as a Parquet file: one row group, a checksum on every page, the same bytes for the same table.

    No pandas metadata, Arrow schema or time is included.
    """
    sink = io.BytesIO()
    strings = _texts(table.schema)
    if sum(table.column(name).nbytes for name in strings) > room_of_texts(len(table)):
        raise StoreError("the texts of these draws are longer than a results folder holds: shorten names of options")
    pq.write_table(
        table,
        sink,
        row_group_size=max(1, len(table)),
        version="2.6",
        compression="zstd",
        use_dictionary=strings,
        write_statistics=False,
        store_schema=False,
        write_page_checksum=True,
    )
    return sink.getvalue()


def room_of_texts(rows: int) -> int:
    """Return the allowed bytes of all texts of a table with so many rows: more is not ours."""
    return min(MOST_TEXT, A_ROW * rows + SLACK)


def room_of(schema: pa.Schema, rows: int) -> int:
    """Return the allowed bytes of a file with such a table."""
    return sum(map(_width, schema.types)) * rows + room_of_texts(rows) + SLACK


def from_bytes(
    data: bytes, schema: pa.Schema | None, rows: int | None = None, names: Sequence[str] | None = None,
    most: int = MOST_ROWS,
) -> pa.Table:  # fmt: skip
    """Read a Parquet file that may come from a stranger, of exactly these columns; `names` are those to read, in order.

    Columns, rows and the sizes of all pages are checked before any page is decompressed, and text lengths before texts
    are expanded: a few bytes can stand for gigabytes of them.

    Args:
        schema: Exactly the columns it must have, checked before any of them is read; None for any of stored types.
        rows: How many rows it must have; None if up to `most` will do.
        names: Columns to read, in this order; None for all.
        most: Rows at most, where their number is not known.

    A ValueError if it is no Parquet file, a page does not match its checksum, or it has anything else.
    """
    if len(data) < 12 or data[:4] != b"PAR1" or data[-4:] != b"PAR1":
        raise ValueError("not a whole Parquet file")
    if int.from_bytes(data[-8:-4], "little") > min(MOST_FOOTER, len(data) - 12):
        raise ValueError("its footer is too long")
    how: dict[str, Any] = {
        "page_checksum_verification": True,
        "thrift_string_size_limit": MOST_FOOTER,
        "thrift_container_size_limit": (MOST_COLUMNS if schema is None else len(schema)) + MOST_LISTED,
    }
    try:
        file = pq.ParquetFile(pa.BufferReader(data), **how)
        schema = _any_schema(file, names or ()) if schema is None else schema
        _check(file, schema, rows, most)
        _check_pages(file.metadata, data, schema)
        file = pq.ParquetFile(pa.BufferReader(data), metadata=file.metadata, read_dictionary=_texts(schema), **how)
        table = _written_out(file.read(None if names is None else list(names), use_threads=False))
        table.validate(full=True)  # text that is not UTF-8, among others
    except (pa.ArrowException, OSError, OverflowError) as error:
        lines = str(error).splitlines()
        raise ValueError(f"not readable as Parquet: {lines[0][:200] if lines else type(error).__name__}") from None
    if rows is not None and len(table) != rows:
        raise ValueError(f"it has {len(table)} rows and not {rows}")
    return table if names is None else table.select(list(names))


def _any_schema(file: pq.ParquetFile, names: Sequence[str]) -> pa.Schema:
    """Return the columns of a file; a ValueError if one is of a type that is not stored, or a named one is missing."""
    schema = file.schema_arrow
    there = all(schema.names.count(name) == 1 for name in names)
    if not there or any((field.type, field.nullable) not in _FRAMED for field in schema):
        raise ValueError("its columns are not those of draws")
    return schema


def _check(file: pq.ParquetFile, schema: pa.Schema, rows: int | None, most: int) -> None:
    facts = file.metadata
    if b"ARROW:schema" in (facts.metadata or {}):
        raise ValueError("it brings a schema of its own, which may name extension types")
    if not file.schema_arrow.equals(schema):
        raise ValueError(f"its columns are not the {len(schema)} expected")
    if rows is not None and facts.num_rows != rows:
        raise ValueError(f"it has {facts.num_rows} rows and not {rows}")
    if not 0 <= facts.num_rows <= most:
        raise ValueError(f"it has {facts.num_rows} rows, more than there can be")
    if sum(facts.row_group(group).num_rows for group in range(facts.num_row_groups)) != facts.num_rows:
        raise ValueError("its rows are not as many as it says")


def _check_pages(facts: pq.FileMetaData, data: bytes, schema: pa.Schema) -> None:
    """Check that the pages have as many values as there are rows, and need no more decompressed memory than these."""
    text_left = room_of_texts(facts.num_rows) + 8 * facts.num_rows * len(schema)  # with dictionary indices
    for group in range(facts.num_row_groups):
        part = facts.row_group(group)
        rows = part.num_rows
        for place, kind in enumerate(schema.types):
            column = part.column(place)
            first = column.data_page_offset
            if column.has_dictionary_page and 0 < column.dictionary_page_offset < first:
                first = column.dictionary_page_offset
            values = unpacked = 0
            for page in pages(data, first, column.total_compressed_size):
                if page.values > rows:
                    raise ValueError("a page with more values than rows")
                values += page.values * (page.kind == DATA)
                unpacked += page.unpacked
            if values != rows or column.num_values != rows or rows < 0:
                raise ValueError("a column with more or fewer values than rows")
            if _width(kind):
                left = 3 * _width(kind) * rows + SLACK
            else:
                left, text_left = text_left, text_left - unpacked
            if unpacked > left:
                raise ValueError("it is too large once unpacked")


def _width(kind: pa.DataType) -> int:
    return 0 if pa.types.is_string(kind) else max(1, kind.bit_width // 8)


def _texts(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if pa.types.is_string(field.type)]


def _written_out(table: pa.Table) -> pa.Table:
    """Expand dictionary-encoded texts, unless that takes too much memory."""
    left = room_of_texts(len(table))
    fields, columns = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_dictionary(field.type):
            for piece in column.chunks:
                lengths = pc.binary_length(piece.dictionary).cast(pa.int64())
                left -= pc.sum(lengths.take(piece.indices.drop_null())).as_py() or 0
            if left < 0:
                raise ValueError("its texts are too long once unpacked")
            column = column.cast(pa.string())
            field = field.with_type(pa.string())
        fields.append(field)
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def content_hash(table: pa.Table) -> str:
    """SHA-256, as 64 hex digits, of a table's content, whatever library, compression or row groups stored it.

    Over the columns in the order of their names (by Unicode code point), for each: the name in UTF-8, a zero byte, the
    kind (`float64`, `int64`, `int32`, `bool`, `string`), a zero byte, the number of rows as 8 bytes; one byte a row, 1
    for a value and 0 for a missing one; then the values. Numbers are little-endian, of the kind's width; every NaN is
    0x7ff8000000000000; a boolean is one byte; text is the length in bytes of each row as 8 bytes, then all of it in
    UTF-8. A missing value counts as 0 or as empty text.
    """
    digest = hashlib.sha256()
    for name in sorted(table.column_names):
        array = _whole(table.column(name))
        digest.update(f"{name}\0{_KINDS[array.type]}\0".encode() + len(array).to_bytes(8, "little"))
        digest.update(np.asarray(array.is_valid()).astype(np.uint8).tobytes())
        for part in _value_bytes(array):
            digest.update(part)
    return digest.hexdigest()


_KINDS = {pa.float64(): "float64", pa.int64(): "int64", pa.int32(): "int32", pa.bool_(): "bool", pa.string(): "string"}


def _value_bytes(array: pa.Array) -> list[Any]:
    if pa.types.is_string(array.type):
        filled = array.fill_null("")
        _, ends, text = filled.buffers()
        places = np.frombuffer(ends, np.int32)[filled.offset : filled.offset + len(filled) + 1] if ends else np.zeros(1)
        return [np.diff(places).astype("<i8"), text[int(places[0]) : int(places[-1])] if text else b""]
    values = np.asarray(array.fill_null(False if pa.types.is_boolean(array.type) else 0))
    if pa.types.is_floating(array.type):
        values = np.where(np.isnan(values), np.nan, values)
    little = values.astype(values.dtype.newbyteorder("<") if values.dtype != bool else np.uint8)
    return [np.ascontiguousarray(little)]


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
