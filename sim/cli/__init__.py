"""The command line: parse, call, print. Nothing heavy is imported until a command needs it."""

from sim.cli.signals import watch_signals

__all__ = ["main"]


def main() -> None:
    """Run `peacesim`; the signal handlers come first, so that an interrupt in the first second is answered too."""
    watch_signals()
    from sim.cli.commands import peacesim

    peacesim(prog_name="peacesim")
