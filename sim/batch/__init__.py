"""Batches of many scenarios: chunks, workers, resuming, shards. Modules are imported on first use."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.batch.items import BatchItem, summary_table
    from sim.batch.merging import Merged, merge
    from sim.batch.run import batch
    from sim.batch.stopping import BatchInterrupted, ClusterError
    from sim.batch.verifying import Verified, verify
    from sim.results.manifest import Shard

__all__ = [
    "BatchInterrupted", "BatchItem", "ClusterError", "Merged", "Shard", "Verified", "batch", "merge", "summary_table",
    "verify",
]  # fmt: skip
_HOMES = {
    "BatchInterrupted": "batch.stopping", "BatchItem": "batch.items", "ClusterError": "batch.stopping",
    "Merged": "batch.merging", "Shard": "results.manifest", "Verified": "batch.verifying", "batch": "batch.run",
    "merge": "batch.merging", "summary_table": "batch.items", "verify": "batch.verifying",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sim.batch' has no attribute {name!r}")
    return getattr(import_module(f"sim.{_HOMES[name]}"), name)
