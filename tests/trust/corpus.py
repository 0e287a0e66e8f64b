"""Malformed files by hand: what YAML, encodings, names and paths can do to a reader, each with the fault it brings.

A line is put into the small scenario `two-banks-pullback` (or is the whole file), and must be reported at its place.
"""

from typing import NamedTuple


class Bad(NamedTuple):
    """A file that is no scenario: its fault in a few words, its bytes, the place and words of a message about it."""

    name: str
    data: bytes
    place: str
    message: str


def bad(name: str, text: str | bytes, place: str, message: str) -> Bad:
    """An entry of the corpus."""
    return Bad(name, text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text, place, message)


UTF8 = "is not UTF-8; save the file as UTF-8 text"
CONTROL = "does not belong in a text file; take it out"
TURNS = "a character that turns the order of reading"
NOT_YAML = "this is not YAML"
DIFFERENTLY = "YAML 1.1 and YAML 1.2 read"
DEEP = "more than 24 levels deep"
NAME = "letters a to z, digits, _ and - would do"

ENCODINGS = [
    bad("UTF-16 with mark, little", "id: a".encode("utf-16"), "1:1", UTF8),
    bad("UTF-16 with mark, big", b"\xfe\xff\x00i\x00d", "1:1", UTF8),
    bad("UTF-16 without mark", "id: a".encode("utf-16-le"), "1:2", CONTROL),
    bad("UTF-32", "id: a".encode("utf-32-le"), "1:2", CONTROL),
    bad("UTF-7 is a text and no scenario", b"+AGkAZAA6", "1:1", "a scenario is a mapping of keys"),
    bad("Latin-1", "id: caf\xe9".encode("latin-1"), "1:8", f"byte 0xe9 {UTF8}"),
    bad("Latin-1 after letters of two bytes", "# Україна\nid: é ".encode() + b"\xe9", "2:7", UTF8),
    bad("Windows 1251", "id: Україна".encode("cp1251"), "1:5", UTF8),
    bad("a lone surrogate, raw", b"id: \xed\xa0\x80", "1:5", UTF8),
    bad("an overlong slash", b"id: \xc0\xaf", "1:5", UTF8),
    bad("beyond Unicode", b"id: \xf4\x90\x80\x80", "1:5", UTF8),
    bad("cut in a letter", "id: é".encode()[:-1], "1:5", UTF8),
    bad("NUL", "id: a\n\x00", "2:1", CONTROL),
    bad("NUL after lines that end with CR alone", "id: a\rb: c\r\x00", "3:1", CONTROL),
    bad("escape", "id: \x1b[31m", "1:5", "'\\x1b'"),
    bad("bell", "id: \x07", "1:5", CONTROL),
    bad("backspace", "id: a\x08b", "1:6", CONTROL),
    bad("delete", "id: \x7f", "1:5", CONTROL),
    bad("form feed", "id: a\n\x0c\nb: c", "2:1", CONTROL),
    bad("vertical tab", "id: a\x0bb", "1:6", CONTROL),
    bad("C1 control", "id: \x9b31m", "1:5", CONTROL),
    bad("a mark within", "id: a\ufeffb", "1:6", CONTROL),
    bad("two marks", "\ufeff\ufeffid: a", "1:1", CONTROL),
    bad("no character", "id: \ufffe", "1:5", CONTROL),
    bad("NEL hides a key behind a remark", "# x\x85id: a", "1:4", "YAML 1.1 reads '\\x85' as the end of a line"),
    bad("LS hides a key behind a remark", "# x\u2028id: a", "1:4", "YAML 1.1 reads '\\u2028' as the end of a line"),
    bad("PS in a text", "id: a\nb: x\u2029y", "2:5", "YAML 1.1 reads '\\u2029' as the end of a line"),
    bad("right-to-left override", "id: a # \u202e", "1:9", TURNS),
    bad("isolate", "id: \u2067a", "1:5", TURNS),
    bad("embedding in a label", 'title: "a \u202b b"', "1:11", TURNS),
]

SYNTAX = [
    bad("nothing", "", "1:1", "there is nothing here; `peacesim new` writes a scenario"),
    bad("a mark and nothing", "\ufeff", "1:1", "there is nothing here"),
    bad("blanks", "   \n\n  ", "1:1", "there is nothing here"),
    bad("a remark", "# a remark", "1:1", "there is nothing here"),
    bad("a document mark", "---\n", "2:1", "nothing stands here"),
    bad("end of document", "...", "1:1", NOT_YAML),
    bad("a word", "hello", "1:1", "a scenario is a mapping of keys"),
    bad("a number", "5", "1:1", "a scenario is a mapping of keys"),
    bad("a list", "- a\n- b", "1:1", "a scenario is a mapping of keys"),
    bad("JSON in a list", '[{"id": "a"}]', "1:1", "a scenario is a mapping of keys"),
    bad("a tab for a blank", "a:\n\tb: 1", "2:1", "indent with spaces, not with a tab"),
    bad("a bracket open", "a: [1, 2", "1:4", f"{NOT_YAML}: [ opens here; close it with ]"),
    bad("a bracket open in the middle", "a: [1, 2\nb: c\nd: e", "1:4", "[ opens here; close it with ]"),
    bad("a brace open", "a: {b: 1", "1:4", "{ opens here; close it with }"),
    bad("a bracket of the other kind", "a: {b: 1]", "1:9", "] closes nothing here; close { with }"),
    bad("no comma", "a: [{b: 1} {c: 1}]", "1:12", "write a comma before this entry"),
    bad("no comma between two keys", "a: {b: 1 c: 2}", "1:11", "write a comma before this entry"),
    bad("a bracket too many", "a: [1]]", "1:7", "] closes nothing; take it out"),
    bad("a bracket that closes nothing", "a: ]", "1:4", "] closes nothing; take it out, or put the whole text"),
    bad("quotes open", 'a: "b', "1:4", 'the quotation mark " that opens here is not closed'),
    bad("an apostrophe open", "a: 'b", "1:4", "the quotation mark ' that opens here is not closed"),
    bad("an apostrophe within", "a: 'Anna's wish'", "1:10", "put all of it in one pair of quotes"),
    bad("text after quotes", 'a: "b" c', "1:8", "put all of it in one pair of quotes"),
    bad("a bad escape", 'a: "\\q"', "1:6", "write a text with backslashes, such as a Windows path, in single quotes"),
    bad("a Windows path", 'a: "C:\\Users"', "1:9", "such as a Windows path, in single quotes, or each backslash twice"),
    bad("an escape beyond Unicode", 'a: 1\nb: "\\UFFFFFFFF"', "2:5", "there is no character \\UFFFFFFFF; Unicode ends"),
    bad("an escape just beyond Unicode", 'b: "\\U0010FFFF \\U00110000"', "1:16", "there is no character \\U00110000"),
    bad("two colons", "a: b: c", "1:5", "a second colon with a space after it; put the whole text in quotes"),
    bad("a colon in a title", "a: b\ntitle: Talks: two", "2:13", "a second colon with a space after it"),
    bad("a colon at the end", "a: b:", "1:5", "a second colon with a space after it"),
    bad("no blank after the colon", "a:1\nb: 2", "2:2", "the line above is no key with a value"),
    bad("no colon", "a: 1\nb 2\nc: 3", "2:1", "this is no key with a value"),
    bad("one space too far", "a: 1\n b: 2", "2:3", "this line is indented further than the one above"),
    bad("one space too far in a block", "a:\n  b: 1\n   c: 2", "3:5", "this line is indented further than the"),
    bad("indented wrong", "a:\n   b: 1\n  c: 2", "3:3", "indented unlike the others of its block; indent them alike"),
    bad("a list in a mapping", "a: 1\n- b", "2:1", "a list entry (-) where a key is expected"),
    bad("a list on the line of its key", "a: - b", "1:4", "a list begins on a line of its own"),
    bad("an at sign", "a: @b", "1:4", "no text may begin with @; put the whole text in quotes"),
    bad("a backtick", "a: `b`", "1:4", "no text may begin with `; put the whole text in quotes"),
    bad("a percent sign", "a: %b", "1:4", "no text may begin with %; put the whole text in quotes"),
    bad("a star", "a: * b", "1:4", "no text may begin with *; put the whole text in quotes"),
    bad("an open tag", "a: !<b c", "1:7", "a tag (!) is not allowed; take it out"),
    bad("a tag of no directive", "a: !e!b c", "1:4", "a tag (!) is not allowed; take it out"),
    bad("a block text of wrong indentation", "a: |99\n  b", "1:", "after | and >, a text begins on the next line"),
    bad("text after a closing brace", "{a: 1} b", "1:8", "the scenario has ended before this"),
    bad("a second document", "a: 1\n---\na: 2", "2:1", "a second document starts here"),
    bad("an empty second document", "a: 1\n---\n", "2:1", "a second document starts here"),
    bad("three documents", "---\na: 1\n---\nb: 2\n---\nc: 3", "3:1", "a second document starts here"),
    bad("a version", "%YAML 1.1\n---\na: 1", "2:1", "a YAML directive (%) does not belong"),
    bad("version 1.2", "%YAML 1.2\n---\na: 1", "2:1", "a YAML directive (%) does not belong"),
    bad("a tag directive", "%TAG ! tag:x,2000:\n---\na: 1", "2:1", "a YAML directive (%) does not belong"),
    bad("a directive of nobody", "%PEACE now\n---\na: 1", "2:1", "a YAML directive (%) does not belong"),
    bad("a directive without a mark", "a: 1\n%PEACE now\nb: 1", "2:1", "a YAML directive (%) does not belong"),
    bad("a version of nobody", "%YAML 3.0\n---\na: 1", "1:1", "a YAML directive (%) does not belong"),
    bad("merge conflict", "<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x", "1:1", "a mark of a Git conflict"),
    bad("merge conflict below", "a:\n<<<<<<< HEAD\n  b: 1\n=======\n  b: 2\n>>>>>>> x", "2:1", "keep one version"),
    bad("the end of a merge conflict", "a: 1\n>>>>>>> x\nb: 2", "2:1", "a mark of a Git conflict, '>>>>>>> x'"),
    bad("HTML", "<html><body>x</body></html>", "1:1", "a scenario is a mapping of keys"),
    bad("a pickle", b"\x80\x04\x95", "1:1", UTF8),
    bad("a shell script", "#!/bin/sh\nrm -rf /", "2:1", "a scenario is a mapping of keys"),
]

KEYS = [
    bad("the same key twice", "a: 1\nb: 2\na: 3", "3:1", "the key 'a' stands here on line 3 and on line 1; keep one"),
    bad("twice in quotes", 'x: {a: 1, "a": 2}', "1:11", "and on line 1, column 5; keep one"),
    bad("twice by an escape", 'x: {a: 1, "\\x61": 2}', "1:11", "the key 'a' stands here"),
    bad("two ways to write é", 'x: {"\xe9": 1, "e\u0301": 2}', "1:13", "in other characters that look the same"),
    bad("a list as key", "[a, b]: c", "1:1", "a key must be a name, not a list or a mapping"),
    bad("a mapping as key", "{a: b}: c", "1:1", "a key must be a name, not a list or a mapping"),
    bad("a complex key", "? [a, b]\n: c", "1:3", "a key must be a name, not a list or a mapping"),
    bad("a complex key without value", "? a", "1:", "nothing stands here"),
    bad("no key", ": a", "1:1", "nothing stands here"),
    bad("a number as key", "5: a", "1:1", "YAML reads the key '5' as a number"),
    bad("a float as key", "0.5: a", "1:1", "YAML reads the key '0.5' as a number"),
    bad("a truth value as key", "true: a", "1:1", "YAML reads the key 'true' as a truth value"),
    bad("a date as key", "2025-12-14: a", "1:1", "YAML reads the key '2025-12-14' as a date"),
    bad("null as key", "null: a", "1:1", "nothing"),
    bad("a merge key", "a: {<<: {b: 1}}", "1:5", "a merge key (<<) is not allowed"),
    bad("a merge key with an alias", "a: &x {b: 1}\nc: {<<: *x}", "1:4", "an anchor (&x) is not allowed"),
    bad("norway as key", "no: a", "1:1", f"{DIFFERENTLY} 'no' differently"),
    bad("a time as key", "12:30: a", "1:1", f"{DIFFERENTLY} '12:30' differently"),
]

TRICKS = [
    bad("an anchor", "a: &x 1", "1:4", "an anchor (&x) is not allowed"),
    bad("an alias", "a: *x", "1:4", "an alias (*x) is not allowed"),
    bad("an anchor at a key", "&x a: 1", "1:1", "an anchor (&x) is not allowed"),
    bad("an alias as key", "*x : 1", "1:1", "an alias (*x) is not allowed"),
    bad("an anchor within itself", "a: &x [*x]", "1:4", "an anchor (&x) is not allowed"),
    bad("a laugh of aliases", "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(9)), "1:4", "anchor"),
    bad("an anchor with an escape", "a: &\u200b 1", "1:4", "an anchor (&\\u200b) is not allowed"),
    bad("code in a tag", "a: !!python/object/apply:os.system [ls]", "1:4", "a tag (tag:yaml.org,2002:python/object"),
    bad("a name in a tag", "a: !!python/name:os.system x", "1:4", "a tag (tag:yaml.org,2002:python/name:os.system)"),
    bad("a module in a tag", "a: !!python/module:os x", "1:4", "a tag ("),
    bad("a new object in a tag", "a: !!python/object/new:subprocess.Popen [[ls]]", "1:4", "a tag ("),
    bad("a tag of one's own", "a: !x b", "1:4", "a tag (!x) is not allowed; take it out"),
    bad("a tag that is an address", "a: !<http://localhost/x> b", "1:4", "a tag (http://localhost/x) is not allowed"),
    bad("a text tag", "a: !!str 5", "1:4", "a tag (tag:yaml.org,2002:str) is not allowed"),
    bad("a float tag", "a: !!float 5", "1:4", "a tag ("),
    bad("binary", "a: !!binary aGVsbG8=", "1:4", "a tag ("),
    bad("a set", "a: !!set {b}", "1:4", "a tag ("),
    bad("an ordered map", "a: !!omap [b: 1]", "1:4", "a tag ("),
    bad("the bare tag", "a: ! b", "1:4", "a tag (!) is not allowed"),
    bad("a tag at the top", "!!map\na: 1", "1:1", "a tag (tag:yaml.org,2002:map) is not allowed"),
    bad("an include", "a: !include /etc/passwd", "1:4", "a tag (!include) is not allowed"),
    bad("an environment variable in a tag", "a: !env HOME", "1:4", "a tag (!env) is not allowed"),
]

SIZE = [
    *(bad(f"deep {at!r}", at * 100_000, "1:", DEEP) for at in ("[", "{a: ", "- ", "? ")),
    bad("deep by indentation", "".join(" " * n + "a:\n" for n in range(40)), "2", DEEP),
    bad("25 levels", "a: " + "[" * 24 + "]" * 24, "1:27", DEEP),
    bad("many entries", "a: [" + "x," * 200_000, "1:", "more than 15,000 entries"),
    bad("many keys", "".join(f"k{n}: 1\n" for n in range(9_000)), "7500:", "more than 15,000 entries"),
    bad("a byte too many", b"#" * 1_000_001, "1:1", "larger than 1,000,000 bytes"),
    bad("a long line of blanks", "a: [" + " " * 900_000, "1:", NOT_YAML),
    bad("a long key", "k" * 900_000 + ": 1", "1:", NOT_YAML),
    bad("a long number", "a: " + "9" * 900_000, "1:4", "has 900,000 digits; write fewer"),
    bad("long decimals", "a: 0." + "3" * 100, "1:4", "has 102 digits; write fewer"),
    bad("a long word of one kind", "a: " + "1_" * 200_000, "1:1", ""),
]

WORDS = [
    "no", "NO", "No", "n", "N", "yes", "y", "Y", "Yes", "YES", "on", "On", "ON", "off", "OFF", "017", "-017", "0o17",
    "0x1F", "0b1", "1_000", "1_000.5", "12:30", "1:30:00", "190:20:30.15", "1e3", "1.5e3", "1E+3", "-.5", "+.5", "=",
    "2025-12-14T10:00:00", "1e400", "0_0", "08", "1e-320", "6.0e23", "+0x1", "-1_0", "00", "0777", "1__0", "2025-1-4",
]  # fmt: skip
NUMBERS = [
    *(bad(f"{word} as value", f"a: {word}", "1:4", f"{DIFFERENTLY} '{word}' differently") for word in WORDS),
    *(bad(f"{word} in a list", f"a: [x, {word}]", "1:8", "differently") for word in WORDS[:12]),
    *(bad(f"{word} as number", f"a: {word}", "1:4", "is not a number to compute with")
      for word in (".nan", ".NaN", ".NAN", ".inf", "-.inf", "+.inf", ".Inf", ".INF")),
    *(bad(f"nothing as {word!r}", f"a: {word}", "1:", "nothing stands here")
      for word in ("", "~", "null", "Null", "NULL")),
    bad("infinite by its exponent", "a: 1.0e+400", "1:4", "is too large for anything in a scenario"),
    bad("too large", "a: 1000000000000000000", "1:4", "is too large for anything in a scenario"),
    bad("zero by its exponent", "a: 1.0e-400", "1:4", "is too small to compute with; write 0"),
    bad("of few digits by its exponent", "a: -1.5e-320", "1:4", "is too small to compute with; write 0"),
    bad("no such date", "a: 2025-02-30", "1:4", "there is no date 2025-02-30"),
    bad("month 13", "a: 2025-13-01", "1:4", "there is no date 2025-13-01"),
    bad("year 0", "a: 0000-01-01", "1:4", "there is no date 0000-01-01"),
]  # fmt: skip

TEXTS = [
    *(bad(f"an escaped {escape}", f'a: "x{escape}y"', "1:4", "the text holds a control character")
      for escape in ("\\e", "\\0", "\\a", "\\N", "\\ud800", "\\x9b", "\\uffff", "\\ufeff", "\\r")),
    bad("escaped override", 'a: "x\\u202ey"', "1:4", f"the text holds {TURNS}, '\\u202e'; take it out"),
    bad("escaped isolate", 'a: "\\u2066"', "1:4", f"the text holds {TURNS}"),
    bad("an escape in a key", '"a\\e": 1', "1:1", "the text holds a control character"),
]  # fmt: skip

WHOLE_FILES = [*ENCODINGS, *SYNTAX, *KEYS, *TRICKS, *SIZE, *NUMBERS, *TEXTS]


class Change(NamedTuple):
    """A change of the first `old` in the small scenario, and words of a message about its line."""

    old: str
    new: str
    message: str


ID = "id: two-banks-pullback"
NAMES = (
    "", " ", "x" * 81, "x" * 100_000, "a/b", "../../x", "a\\b", "a|b", "a.b", "*", "a*b", "a b", "-a", "ж", "🕊",
    "e\u0301", "\u200f", "a=b", "a:b", "$x", "a'b", "<b>", "{x}", "%s", "a,b", "~", "a@b", "C:", "a\tb", "?", "#",
)  # fmt: skip
PARTY = [  # a line of a party, and what is reported about it
    ("weight: {}", "unknown key 'weight'; did you mean 'weights'?"),
    ("signs: sometimes", "where always, never, a condition"),
    ("kind: friend", "is not one of belligerent, mediator or supporter"),
    ("influence: 0", "a number above 0 would do"),
    ("foresight: {value: 2}", "a number from 0 to 1 would do"),
    ("foresight: {range: [0.9, 0.1]}", "write the lower number first"),
    ("foresight: {value: 0.5, range: [0, 0.2]}", "is outside its range"),
    ("foresight: {value: 0.2, range: [0, 1], law: uniform}", "the middle of its range"),
    ("foresight: {value: 0.2, law: uniform}", "needs a range to draw from"),
    ("foresight: {range: [0, 1], law: cauchy}", "is not one of triangular"),
    ("foresight: {}", "a number needs a value or a range"),
    ("foresight: {value: 0.1, unit: x}", "unknown key 'unit'"),
    ("foresight: yes", "differently"),
    ("opens_with: nothing", "no proposal is called 'nothing'"),
    ("strategy: {name: time_dependant}", "did you mean 'time_dependent'?"),
    ("strategy: {name: __import__}", "'__import__'"),
    ("strategy: {name: sim.strategies.hardline}", "'sim.strategies.hardline'"),
    ("strategy: {name: time_dependent, exponant: 3}", "did you mean 'exponent'?"),
    *((f"foresight: {value}", "is no number") for value in ("[0, 1]", "true", "1/2", "0,5", "50%", '"0.5"')),
]  # fmt: skip
CHANGES = [
    *(Change(ID, f'id: "{name}"'.replace("\\b", "\\\\b"), NAME if name else "") for name in NAMES),
    *(Change("upland:\n", f'"{name}":\n'.replace("\\b", "\\\\b"), "") for name in NAMES),
    *(Change("schema: 1", f"schema: {value}", "is not one of 1") for value in ("1.0", "true", '"1"', "2")),
    *(Change("rounds: 24", f"rounds: {value}", "where a whole number would do")
      for value in ("24.0", "24.5", '"24"', "true", "2025-12-14", "[24]", "{value: 24}")),
    *(Change("rounds: 24", f'"{key}": 24', f"unknown key {key!r}; did you mean 'rounds'?")
      for key in ("round", "Rounds", "rounds ")),
    Change("rounds: 24", "rounds: 0", "is out of bounds; at least 1 would do"),
    Change("rounds: 24", "rounds: -0", "is out of bounds"),
    Change("days_per_round: 15", "days_per_round: 0", "a number above 0 would do"),
    Change("days_per_round: 15", "days_per_round: .inf", "is not a number to compute with"),
    Change("days_per_round: 15", "days_per_round: two weeks", "where a number would do"),
    Change("title: ", "titel: ", "unknown key 'titel'; did you mean 'title'?"),
    Change("title: ", 'title: "a\\nb"\nx: ', "a label is one line"),
    Change("title: ", 'title: " "\nx: ', "title: a label of blanks alone; write what is to be read"),
    Change("title: ", 'title: "\u200b"\nx: ', "title: a label of blanks alone"),
    Change("as_of: ", "as_of: 5 # ", "where a date such as 2025-12-14 would do"),
    Change("headline: ", "headline: strip # ", "where a list would do"),
    Change("headline: [", "headline: [nowhere, ", "no issue is called 'nowhere'"),
    Change("headline: [", "headline: [Strip, ", "no issue is called 'Strip'; did you mean 'strip'?"),
    *(Change("  upland:\n", f"  upland:\n    {line}\n", printed) for line, printed in PARTY),
]  # fmt: skip
