"""A YAML parser's exception in; a Problem in words for people, at the place they will look, out."""

from typing import Any

from reconciler.errors import Problem

LONGEST_KEY = 1024  # YAML's own limit

# What libyaml says (a part of it), what we say, and a way out. {here} is the character at fault, {line} where the
# construct began. The first three are shown where it began: the end of the file, or the next line, helps nobody.
BEGUN = ("expected ':'", "unexpected end of stream", "alphabetic or numeric")
UNQUOTED = ("expected key", "<block end>", "',' or ")
WORDING = (
    ("expected ':'", "no `:` after this key", "Write `key: value`"),
    ("unexpected end of stream", "the quote that opens here is never closed", "Close it; inside '...' a quote is ''"),
    ("alphabetic or numeric", "no value can begin with `{here}`", "Put it in quotes"),
    ("unexpected document", "the quote opened in line {line} is not closed before this", "Close it"),
    ("mapping values", "no `key: value` can stand here", "Quote text with `: `; check indentation and the line before"),
    ("mapping keys", "no `?` can stand here", "Put it in quotes if it is text"),
    ("sequence entries", "no list can begin here", "Begin it in the next line, or write `[a, b]`"),
    ("expected key", "this does not go on with what begins in line {line}", "Check indentation and quotes"),
    ("<block end>", "this does not go on with what begins in line {line}", "Check indentation and quotes"),
    ("expected '-'", "this does not go on with the list that begins in line {line}", "Begin it with `- `"),
    ("',' or ']'", "the `[` of line {line} is not closed before this", "Write `,` between items, `]` after them"),
    ("',' or '}'", "the `{{` of line {line} is not closed before this", "Write `,` between entries, `}` after them"),
    ("start any token", "no value can begin with `{here}`", "Put it in quotes"),
    ("unknown escape", "an unknown escape in double quotes", "Write `\\\\` for a backslash, or use single quotes"),
    ("hexdecimal number", "an escape without its digits", "Write `\\\\` for a backslash, or use single quotes"),
    ("escape code", "an escape that stands for no character", "Write the character itself"),
    ("node content", "a value is missing before `{here}`", "Put it in quotes if it is text"),
    ("unexpected ':'", "this `:` may be text or end a key", "Quote the text, or write a space after the `:`"),
    ("document start>", "the document has ended before this", "Check indentation and quotes"),
    ("indentation indicator", "no number from 1 to 9 after `|` or `>`", "Leave the number out"),
    ("comment or", "nothing can follow in this line", "Begin the text in the next line"),
    ("incompatible", "a YAML version other than 1.2", "Remove this line"),
    ("directive", "an unknown directive", "Remove this line, or quote a value that begins with `%`"),
    ("whitespace or line break", "an unknown tag", "Quote a value that begins with `!`"),
    ("tag", "an unknown tag", "Quote a value that begins with `!`"),
)


def explain_syntax(path: str, text: str, error: Exception) -> Problem:
    """Put a parser's words into ours."""
    said = getattr(error, "problem", None) or str(error).partition("\n")[0]
    mark, begun = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if mark is None:
        return Problem(path, 1, 1, f"this is not YAML: {said}")
    if mark.column > LONGEST_KEY and text[mark.index : mark.index + 1] == ":":
        return Problem(path, mark.line + 1, 1, f"a key of more than {LONGEST_KEY} characters", "Write a shorter one")
    if begun and any(part in said for part in BEGUN):
        mark = begun
    at, here = within(text, mark), text[mark.index : mark.index + 1]
    if here == "\t":
        return Problem(path, *at, "a tab is used for indentation", "Indent with spaces")
    if text[: mark.index].rstrip(" ").endswith(("'", '"')) and any(part in said for part in UNQUOTED):
        return Problem(
            path, *at, "text after the closing quote", "Inside '...' a quote is '', inside \"...\" it is \\\""
        )
    for part, message, hint in WORDING:
        if part in said:
            words = message if here else message.replace("`{here}`", "the end of the file")
            return Problem(path, *at, words.format(here=here, line=(begun or mark).line + 1), hint)
    return Problem(path, *at, f"the YAML breaks off here: {said}", "Check indentation and quotes")


def within(text: str, mark: Any) -> tuple[int, int]:
    """Give line and column of a mark, from 1: libyaml sees a line behind the last one, and nobody else does."""
    last = text.count("\n")
    return (mark.line + 1, mark.column + 1) if mark.line <= last else (last + 1, len(text) - text.rfind("\n"))
