"""Words of the page on which results are looked through and compared."""

WORDS = {
    "title": "Results",
    "lead": (
        "Results folders here and below. Each is read and held against its hashes before anything of it is shown; one "
        "that is damaged is named, with what is wrong, and not used."
    ),
    "reading": (
        "Shares are shares of runs in the scenario they are of, with 95 % intervals. They are no chance of peace, and "
        "shares of different scenarios compare only as far as their inputs do."
    ),
    "none": "There are no results here. `peacesim batch FILE` makes some; then load this page again.",
    "cut": (
        "There is more here than this page looks through: {count} folders are shown. Open it on a folder further down."
    ),
    "list": "Results folders",
    "heads": "Scenario and folder|Agreement in force|Agreement signed|Runs|Seed|State|Written",
    "checking": "being read",
    "checked": "{done} of {count} folders are read.",
    "all_checked": "All {count} folders are read: {sound} can be used, {damaged} are damaged.",
    "complete": "complete",
    "stopped": "stopped: {n} of {asked} runs; the same batch goes on with it",
    "damaged": "damaged, not used",
    "other": "not opened",
    "kind_shard": "a shard: part of the draws, no result; `peacesim merge` joins all shards",
    "kind_design": "runs of a sensitivity design: no results, no share of them means anything by itself",
    "kind_comparison": "a comparison; its report lies in this folder, and any two results are compared below",
    "sweep": "a point of a sweep",
    "point": "a point of a sweep: {point}",
    "named": "{name}: {point}",
    "compare_title": "Compare two",
    "first": "The first",
    "second": "Set against it",
    "choose": "Choose one",
    "compare": "Compare",
    "choose_two": "Choose two that differ.",
    "all": "All results",
    "loading": "The results are read…",
    "comparing": "The results are compared…",
    "ready": "{title} is shown.",
    "facts": "{id}, {n} runs, seed {seed}, {state}, written {when}",
    "folder": "Folder {name}",
    "wrong": "What is wrong",
    "mend": "Run the batch again: it computes anew what is damaged, and nothing else.",
    "no_files": (
        "The run was stopped, so charts and tables in the folder may be of other draws and are not shown. "
        "The figures above are made from the draws that are there."
    ),
    "charts": "Charts",
    "chart_note": "As they lie in the folder.",
    "not_a_picture": "This file holds more than a picture may, so it is neither shown nor handed out.",
    "too_long": "The picture is longer than this page shows; open it where it lies.",
    "tables": "Tables",
    "more": "and {more} more rows in the file",
    "no_table": "This file is not shown here; download it.",
    "files": "Files",
    "packages.csv": "Packages signed",
    "parties.csv": "Parties",
    "funnel.csv": "How far runs get",
    "report.html": "Report: everything on one page that stands on its own",
    "summary.json": "Headline figures",
    "scenario.resolved.yaml": "The scenario as it was played",
    "report_note": "Files are downloaded, not opened here; a report opens in the browser from where it was saved.",
    "download": "Download {name}",
    "side_by_side": "{first} and {second}",
    "charts_beside": "Charts side by side",
    "one_scale": "Every picture has one scale for both.",
    "drawing": "being drawn",
    "all_numbers": "All numbers, as peacesim compare --json has them",
    "page_file": "The comparison as one page that stands on its own",
    "making": "The page is made…",
    "made": "{name} is downloaded.",
    "unavailable": "{name} (damaged, not used)",
}
