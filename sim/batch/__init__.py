"""Many scenarios at once: chunks, workers, resuming."""

from sim.batch.items import BatchItem, summary_table
from sim.batch.merging import Merged, merge
from sim.batch.run import batch
from sim.batch.stopping import BatchInterrupted

__all__ = ["BatchInterrupted", "BatchItem", "Merged", "batch", "merge", "summary_table"]
