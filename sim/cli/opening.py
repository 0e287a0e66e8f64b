"""`app`: the local page."""

from pathlib import Path

import click

from sim.cli.completing import Scenarios
from sim.cli.group import draws_option, peacesim
from sim.cli.output import WRONG_INPUT, fail, plain_failures


@peacesim.command()
@click.argument("path", metavar="[FILE|RESULTS]", required=False, type=Scenarios(exists=True))
@draws_option(10_000)
@click.option("--seed", type=int, help="Of all random numbers; left out: that of RESULTS, else 1.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, show_default=True,
              help="To listen on; 0 for one that is free.")  # fmt: skip
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open a browser on the page.")
def app(path: Path | None, draws: int, seed: int | None, port: int, browser: bool) -> None:
    """Open a page in the browser on which numbers of a scenario are changed and the answer is seen at once.

    FILE is a scenario, RESULTS a results folder; a folder of scenario files will do too, and left out it is the current
    one. The page answers this machine alone, opens no other address, and ends with Ctrl-C.
    """
    with plain_failures():
        try:
            from sim.app.server import serve
        except ModuleNotFoundError as error:
            if (error.name or "sim").partition(".")[0] == "sim":
                raise
            fail(WRONG_INPUT, f"the page takes two more libraries, starlette and uvicorn ({error.name} is missing): "
                              f"pip install 'peacesim[app]'")  # fmt: skip
        code = serve(path, draws, seed, port, browser)
    if code:
        raise click.exceptions.Exit(code)
