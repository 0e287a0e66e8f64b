"""Every chart of every shipped scenario: writes docs/gallery.md, docs/gallery/*.md and their pictures.

`python docs/gallery.py [NAME...]`: all scenarios, or those named by their file without `.yaml`. About ten minutes for
all of them. A page carries the identity of what it shows; a test finds pages that have fallen behind their scenario.
"""

import io
import sys
from pathlib import Path

from PIL import Image

from sim.charts import CHARTS
from sim.charts.chart import Chart, png_bytes
from sim.results.manifest import identity
from sim.results.results import Results, run
from sim.scenario import read_scenario

DOCS = Path(__file__).parent
SCENARIOS = DOCS.parent / "scenarios"
STARTER = DOCS.parent / "sim" / "cli" / "starter.yaml"  # what `peacesim new` writes
TUTORIAL = DOCS / "images" / "tutorial"
INDEX, FOLDER = DOCS / "gallery.md", DOCS / "gallery"
DRAWS, SEED = 1_000, 1
DPI, COLOURS = 100, 64  # small files: a picture is read on the page, and its numbers are in the CSV of the batch
THUMBNAIL, WIDE = "funnel", 240  # the chart that stands for a scenario, and its pixels across
IDENTITY = "<!-- results: {} -->"


def main(names: list[str]) -> None:
    """Draw the pages of some scenarios, or of all, and the page that leads to them."""
    FOLDER.mkdir(exist_ok=True)
    every = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
    for name in names or every:
        (FOLDER / f"{name}.md").write_text(scenario_page(name), encoding="utf-8")
        thumbnail(name)
        print(name, flush=True)
    for stale in FOLDER.iterdir():
        if stale.name.split(".")[0] not in every:
            stale.unlink()
    INDEX.write_text(index_page([name for name in every if (FOLDER / f"{name}.md").exists()]), encoding="utf-8")
    if not names:
        tutorial_picture()


def tutorial_picture() -> None:
    """Draw the packages of the scenario that `peacesim new` writes."""
    TUTORIAL.mkdir(exist_ok=True)
    small_picture(CHARTS["packages"], run(read_scenario(STARTER), DRAWS, SEED), TUTORIAL / "packages.webp")


def identity_of(name: str) -> str:
    """What a page shows: the resolved scenario, seed and scheme."""
    return identity(read_scenario(SCENARIOS / f"{name}.yaml"), SEED)


def scenario_page(name: str) -> str:
    """The charts of a scenario, each with how to read it."""
    results = run(read_scenario(SCENARIOS / f"{name}.yaml"), DRAWS, SEED)
    for old in FOLDER.glob(f"{name}.*.webp"):
        old.unlink()
    shown = [chart for chart in CHARTS.values() if chart.applies(results)]
    return "\n".join(
        [
            IDENTITY.format(identity_of(name)),
            f"# {results.scenario.title}\n",
            f"{' '.join((results.scenario.about or '').split())}\n",
            f"All charts of [`scenarios/{name}.yaml`](../../scenarios/{name}.yaml), {DRAWS:,} runs, "
            "written with their numbers by\n",
            f"```sh\npeacesim batch scenarios/{name}.yaml -n {DRAWS}\n```\n",
            "Shares are of runs in this scenario, under the weights of its file; they are no forecast.\n",
            *(chart_section(name, chart, results) for chart in shown),
        ]
    )


def chart_section(name: str, chart: Chart, results: Results) -> str:
    """One chart: its title, how to read it, and the picture with its text alternative."""
    words = chart.caption(results, chart.frame([results]))
    picture = f"{name}.{chart.name}.webp"
    small_picture(chart, results, FOLDER / picture)
    alt = " ".join(words.alt.replace("[", "(").replace("]", ")").split())
    return f"## {words.title} {{#{chart.name}}}\n\n`charts/{chart.name}.svg`: {words.how}\n\n![{alt}]({picture})\n"


def small_picture(chart: Chart, results: Results, path: Path) -> None:
    """Write a chart as a small file."""
    image = Image.open(io.BytesIO(png_bytes(chart(results), DPI))).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).convert("RGB").save(path, lossless=True, method=6)


def thumbnail(name: str) -> None:
    """Write the chart that stands for a scenario, small enough for a list of all."""
    with Image.open(FOLDER / f"{name}.{THUMBNAIL}.webp") as image:
        small = image.resize((WIDE, round(image.height * WIDE / image.width)), Image.Resampling.LANCZOS)
    small.save(FOLDER / f"{name}.small.webp", quality=60, method=6)


def index_page(names: list[str]) -> str:
    """A row a scenario, with a small picture that leads to its page."""
    rows = []
    for name in names:
        page = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
        title = next(line for line in page.splitlines() if line.startswith("# "))[2:]
        charts = [line.rsplit("{#", 1)[1].rstrip("}") for line in page.splitlines() if line.startswith("## ")]
        links = " · ".join(f"[{chart}](gallery/{name}.md#{chart})" for chart in charts)
        alt = f"Small copy of the chart that shows how far runs get: {title}"
        small = f"[![{alt}](gallery/{name}.small.webp)](gallery/{name}.md#{THUMBNAIL})"
        rows.append(f"| {small} | [{title}](gallery/{name}.md)<br>{links} |")
    lead = (
        "# Gallery\n\nEvery chart of every shipped scenario, with the command that makes it and how to read it. "
        "What a chart shows, in general: [charts](reference/charts.md). "
        "This page and the pictures are made by `python docs/gallery.py`.\n"
    )
    return "\n".join([lead, "| how far runs get | scenario, and its charts |\n|---|---|", *rows, ""])


if __name__ == "__main__":
    main(sys.argv[1:])
