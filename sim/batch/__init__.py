"""Many scenarios at once: chunks, workers, resuming, shards."""

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
