"""Tables as Parquet bytes, and the hash of what is in a table whatever wrote it."""

import hashlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

MOST_FOOTER = 4_000_000  # bytes
MOST_BYTES = 1_000_000_000  # of a table once unpacked

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
    """The columns under which a frame is stored.

    Raises:
        ValueError: if a column is of a type that has no place in a results folder.
    """
    fields = []
    for name, kind in frame.dtypes.items():
        if str(kind) not in _STORED:
            raise ValueError(f"column {name} is of type {kind}, which results folders do not hold")
        stored, nullable = _STORED[str(kind)]
        fields.append(pa.field(str(name), stored, nullable))
    return pa.schema(fields)


def table_of(frame: pd.DataFrame) -> pa.Table:
    """A frame as an Arrow table; NaN stays NaN, and only `NA` is a missing value."""
    schema = schema_of(frame)
    arrays = []
    for field in schema:
        column = frame[field.name]
        values = column.array if field.nullable else column.to_numpy()
        array = pa.array(values, from_pandas=field.nullable)
        arrays.append(_whole(array).cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def frame_of(table: pa.Table) -> pd.DataFrame:
    """The frame that `table_of` stored."""
    columns: dict[str, Any] = {}
    for field in table.schema:
        column = table.column(field.name)
        kind: Any = pd.api.types.pandas_dtype(_FRAMED[field.type, field.nullable])
        columns[field.name] = kind.__from_arrow__(column) if field.nullable else column.to_numpy()
    return pd.DataFrame(columns)


def dtypes_of(schema: pa.Schema) -> dict[str, Any]:
    """The types that the columns have in a frame, by name."""
    return {field.name: pd.api.types.pandas_dtype(_FRAMED[field.type, field.nullable]) for field in schema}


def to_bytes(table: pa.Table) -> bytes:
    """A table as a Parquet file: one row group, a checksum on every page, the same bytes for the same table.

    Nothing but the columns goes in: no pandas metadata, no Arrow schema, no time.
    """
    sink = io.BytesIO()
    strings = [field.name for field in table.schema if pa.types.is_string(field.type)]
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


def from_bytes(
    data: bytes, schema: pa.Schema, rows: int | None = None, names: Sequence[str] | None = None
) -> pa.Table:
    """Read a Parquet file that may come from a stranger.

    Args:
        data: All of the file.
        schema: Exactly the columns it must have, checked before any of them is read.
        rows: How many rows it must have; None if any number will do.
        names: Columns to read, in this order; None for all.

    Raises:
        ValueError: if it is no Parquet file, a page does not match its checksum, or it holds anything else.
    """
    if len(data) < 12 or data[:4] != b"PAR1" or data[-4:] != b"PAR1":
        raise ValueError("not a whole Parquet file")
    if int.from_bytes(data[-8:-4], "little") > min(MOST_FOOTER, len(data) - 12):
        raise ValueError("its footer is too long")
    try:
        file = pq.ParquetFile(
            pa.BufferReader(data),
            page_checksum_verification=True,
            thrift_string_size_limit=MOST_FOOTER,
            thrift_container_size_limit=1_000_000,
        )
        _check(file, schema, rows)
        table = file.read(None if names is None else list(names), use_threads=False)
        table.validate(full=True)  # text that is not UTF-8, among others
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"not readable as Parquet: {str(error).splitlines()[0][:200]}") from None
    if rows is not None and len(table) != rows:
        raise ValueError(f"it has {len(table)} rows and not {rows}")
    return table if names is None else table.select(list(names))


def _check(file: pq.ParquetFile, schema: pa.Schema, rows: int | None) -> None:
    facts = file.metadata
    if b"ARROW:schema" in (facts.metadata or {}):
        raise ValueError("it brings a schema of its own, which may name extension types")
    if not file.schema_arrow.equals(schema):
        raise ValueError(f"its columns are not the {len(schema)} expected")
    if rows is not None and facts.num_rows != rows:
        raise ValueError(f"it has {facts.num_rows} rows and not {rows}")
    if sum(facts.row_group(group).total_byte_size for group in range(facts.num_row_groups)) > MOST_BYTES:
        raise ValueError("it is too large once unpacked")


def content_hash(table: pa.Table) -> str:
    """SHA-256 of what is in a table, the same whatever library, compression or row groups stored it.

    Over the columns in the order of their names (by Unicode code point), for each: the name in UTF-8, a zero byte, the
    kind (`float64`, `int64`, `int32`, `bool`, `string`), a zero byte, the number of rows as 8 bytes; one byte a row, 1
    for a value and 0 for a missing one; then the values. Numbers are little-endian, of the kind's width; every NaN is
    0x7ff8000000000000; a truth is one byte; text is the length in bytes of each row as 8 bytes, then all of it in
    UTF-8. A missing value counts as 0 or as empty text.

    Returns:
        64 hex digits.
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
        texts = [b"" if text is None else text.encode() for text in array.to_pylist()]
        return [np.array([len(text) for text in texts], "<i8"), b"".join(texts)]
    values = np.asarray(array.fill_null(False if pa.types.is_boolean(array.type) else 0))
    if pa.types.is_floating(array.type):
        values = np.where(np.isnan(values), np.nan, values)
    little = values.astype(values.dtype.newbyteorder("<") if values.dtype != bool else np.uint8)
    return [np.ascontiguousarray(little)]


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
