"""Words that all pages share."""

WORDS = {
    "name": "peacesim",
    "skip": "To the text",
    "pages": "Pages",
    "file": "Scenario file",
    "message": "This cannot be shown",
    "nothing_here": "There is nothing at this address.",
    "faults": "The scenario file cannot be read. Mend it in your editor and save it; then load this page again.",
    "fault": "{file}:{line}:{column}: {message}",
    "choose": "Choose a scenario file",
    "no_files": "There is no scenario file in this folder. `peacesim new` writes one to start from.",
    "changed": "Changed here, not in the file",
    "changed_all": "All {count} changes",
    "changed_without": "taken out: {path}",
    "changed_about": "What is shown below is of the scenario with these changes. The file is left as it is.",
    "changed_words": "In words, beside the file",
    "changed_heads": "What|In the file|Here",
    "changed_absent": "not there",
    "changed_none": "No number differs from the file.",
    "changed_on_tweak": "Change them on Tweak",
    "changed_back": "Go on with the file as it stands",
    "changed_refused": (
        "With these changes the scenario does not hold together. Change them on Tweak, or go on with the file as it "
        "stands."
    ),
    "gone": "The program in the terminal has ended, or does not answer. Start it again with `peacesim app`.",
    "interval": "{share} [{low} to {high}]",
    "no_script": "This page needs JavaScript, which comes from this machine alone.",
}
