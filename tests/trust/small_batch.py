"""`peacesim` as the command line starts it, but with short chunks, and workers for however little there is to do."""

from sim.cli.signals import watch_signals

if __name__ == "__main__":
    watch_signals()
    import sim.batch.run
    import sim.results.chunks
    from sim.cli.commands import peacesim

    sim.results.chunks.CHUNK_WORK, sim.batch.run.MIN_PARALLEL_SECONDS = 1, 0.0
    peacesim(prog_name="peacesim")
