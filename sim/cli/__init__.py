"""The command line: parse, call, print. Nothing heavy is imported until a command needs it."""

from sim.core.current_folder import exclude_from_imports

__all__ = ["main"]


def main() -> None:
    """Run `peacesim`; signal handlers are installed first, so that an early interrupt is handled too.

    Nothing is imported from the current folder. `python -m sim` has imported some of Python's own modules before
    this and searched that folder first; `python -P -m sim` does not.
    """
    exclude_from_imports()
    from sim.cli.signals import watch_signals

    watch_signals()
    from sim.cli.commands import peacesim

    peacesim(prog_name="peacesim")
