"""Many scenarios at once: chunks, workers, resuming."""

from sim.batch.items import BatchItem, summary_table
from sim.batch.run import BatchInterrupted, batch

__all__ = ["BatchInterrupted", "BatchItem", "batch", "summary_table"]
