"""The results folder on disk: written whole or not at all, read with suspicion."""

from sim.store.chunk_files import ChunkEntry, Layout, packed, play_again, read_chunk, write_chunk
from sim.store.files import DamagedResults, FolderLock, ResultsBusy, StoreError, make_folder, read_whole, write_whole
from sim.store.folder import ResultsFolder, lock_folder
from sim.store.manifest import (
    RESOLVED,
    RUN,
    Manifest,
    OtherRelease,
    canonical,
    folder_name,
    holds_results,
    identity,
    read_manifest,
    refuse_other_shard,
    versions_here,
)
from sim.store.parquet import content_hash, table_of
from sim.store.reading import damaged_files, layout_of, open_results, stored_chunks, stored_draws
from sim.store.shards import Shard, shard_number, stem_of
from sim.store.sheets import DesignFolder
from sim.store.tables import SUMMARY, json_text

__all__ = [
    "RESOLVED",
    "RUN",
    "SUMMARY",
    "ChunkEntry",
    "DamagedResults",
    "DesignFolder",
    "FolderLock",
    "Layout",
    "Manifest",
    "OtherRelease",
    "ResultsBusy",
    "ResultsFolder",
    "Shard",
    "StoreError",
    "canonical",
    "content_hash",
    "damaged_files",
    "folder_name",
    "holds_results",
    "identity",
    "json_text",
    "layout_of",
    "lock_folder",
    "make_folder",
    "open_results",
    "packed",
    "play_again",
    "read_chunk",
    "read_manifest",
    "read_whole",
    "refuse_other_shard",
    "shard_number",
    "stem_of",
    "stored_chunks",
    "stored_draws",
    "table_of",
    "versions_here",
    "write_chunk",
    "write_whole",
]
