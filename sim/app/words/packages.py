"""Words of the page on which a package is built by hand."""

WORDS = {
    "title": "Packages",
    "lead": (
        "Build a package by hand: one option of each issue. Nobody bargains here; it is asked who would sign "
        "it as it stands."
    ),
    "build": "The package",
    "start": "Start from",
    "frequent": "Signed most often in {n} runs",
    "frequent_told": "Signed in {count} of {n} runs ({interval}), more often than any other.",
    "never_signed": "No text was signed in any of {n} runs.",
    "looking_frequent": "{n} runs are played…",
    "nash": "Nash package, {reading}",
    "nash_note": "Nash packages are those of peacesim show, over {over}.",
    "open": "This text settles {settled} of {all} issues. The others stay as they were, where the rules allow it.",
    "contradicts": "{option} (contradicts: {rules})",
    "looking": "The package is looked at…",
    "verdict": "Who would sign it",
    "agreed": "At central numbers all who must would sign this package.",
    "agreed_quota": "At central numbers enough of those who must would sign this package.",
    "not_agreed": "At central numbers not all who must would sign this package: {who} would not.",
    "agreed_in": "It is acceptable to {who} it in the first round in {share} of {n} draws ({interval}).",
    "none": "nobody",
    "signing_heads": (
        "Party|At central numbers|Worth|No deal|Margin|Looking ahead|Signs in round 1, share of draws|Worth "
        "enough, share of draws|Margin over draws, middle 80 %"
    ),
    "signs": "would sign",
    "refuses": "would not sign",
    "not_asked": "is not asked",
    "signing_note": (
        "Worth, no deal and margin as peacesim show prints them, each on the party's own scale. Looking ahead: "
        "worth as the party bargains by it, counting how long the text would hold and whether it would pass at "
        "home. A share of draws counts its own real red lines, too; in brackets its 95 % interval."
    ),
    "lines": "Red lines it crosses",
    "no_lines": "It crosses no red line of anybody who signs it.",
    "lines_heads": "Red line|What it forbids|Hardness|Real in, share of all draws|Counts at central numbers",
    "lines_note": (
        "A line counts at central numbers if its hardness is above 0.5. Share of all draws: the mean of its law."
    ),
    "yes": "yes",
    "no": "no",
    "lacks": "What it lacks",
    "lacks_nothing": "Nothing, at central numbers.",
    "lacks_looking": "What it lacks is looked for…",
    "lacks_worth": "{party}: worth {missing} less to it than no deal. Any one of these numbers alone would do:",
    "lacks_worth_none": (
        "{party}: worth {missing} less to it than no deal; no single number of its own makes up for that."
    ),
    "lacks_lines": "{party}: of its own red lines stand in the way: {lines}.",
    "tiny": "below 0.1 %",
    "nearly": "above 99.9 %",
    "home": "At home",
    "home_none": "Nobody has to vote on it in this file.",
    "home_heads": "Body|Asked|Expected share in favour|Needed|Chance at central numbers|Mean chance over draws",
    "barred": "barred from voting",
    "together": (
        "All bodies together, at central numbers: {independent} if their surprises are independent, {shared} "
        "if they are shared. It passes in {share} of {n} draws ({interval})."
    ),
    "hold": "How long it might hold",
    "hold_none": "The file does not say what comes after signature.",
    "hold_central": (
        "Central estimate, if it came into force in round 1: {share_12} of such agreements hold 12 months, "
        "{share_60} hold 60."
    ),
    "hold_draws": (
        "Over {n} draws it holds 12 months in {held_12} ({interval_12}) and 60 months in {held_60} ({interval_60})."
    ),
    "tests_heads": "Test|At central numbers|Fails in, share of draws",
    "test_absent": "The guarantor has enough in it to act",
    "test_power": "No shift of power gives a reason to fight",
    "test_pull_back": "Cheating on the last step of the pull-back does not pay",
    "passes_test": "passes",
    "fails_test": "fails",
    "around": "What lies around it",
    "place_on": (
        "It lies on the Pareto frontier over {over}: no consistent package is better for one of them and worse "
        "for none."
    ),
    "place_off": (
        "{count} of {all} consistent packages are better for one of {over} and worse for none of them; {zone} "
        "of these cross no red line and are worth no deal or more to all who sign them."
    ),
    "place_gain": "Some package gives every one of them {gain} more at once, each on its own scale.",
    "neighbours": "Packages one issue away that are worse for none who sign them",
    "neighbours_none": "No package one issue away is better for one who signs it and worse for none.",
    "neighbours_heads": "Change|{parties}|All gain",
    "neighbours_note": (
        "Gains in worth at central numbers, as the parties bargain by it; none of these crosses a red line "
        "that counts and that the package does not cross already."
    ),
    "change": "{issue}: {after} instead of {before}",
    "take": "Take it",
    "take_label": "Take {change}",
    "nearest": "The nearest package that is acceptable",
    "nearest_heads": "Red lines taken as|Acceptable packages|Nearest differs in|Changes|",
    "nearest_none": "none is acceptable",
    "nearest_same": "this one",
    "nearest_away": "{away} of {all} issues ({as_near} as near)",
    "reading_lines off": "none real",
    "reading_lines above 1/2 real": "those of hardness above 0.5 real, looking ahead",
    "reading_all lines real": "all real",
    "lines_off": "no red line taken as real",
    "all_lines_real": "all red lines taken as real",
    "contradiction": "These options do not go together",
    "rule": "If {if}, then {then}.",
    "rule_because": "If {if}, then {then}: {because}.",
    "repair": "Mend it by:",
    "repair_change": "{issue}: {after}",
    "filed": "Beside the proposals on file",
    "filed_heads": (
        "Text|{parties}|Red lines crossed|Acceptable in round 1, share of draws|Chance of all votes|Share that "
        "holds 60 months"
    ),
    "this": "This package",
    "filed_note": (
        "Margins at central numbers as peacesim show prints them: worth less no deal; of a text that leaves "
        "issues open the least and the most. In brackets: does not sign it. Lines in brackets are crossed by "
        "some ways to complete a text."
    ),
    "filed_none": "There is no proposal on file.",
    "ways": "{label} ({count} ways to complete it)",
    "share_link": (
        "The address of this page names file and package, and what is changed: send it to whoever uses this page on "
        "this machine."
    ),
    "caveat": "Shares are shares of draws in this scenario, under these weights. They are no forecast.",
    "dash": "\u2013",
}
