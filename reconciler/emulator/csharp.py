"""Text and the place of a bracket that opens a C# expression in, the place behind its closing bracket out."""

import re

_PAIRS = {"(": ")", "{": "}", "[": "]"}
_SKIPPED = re.compile(
    r"""(?:@\$|\$@|@)"(?:[^"]|"")*"   # verbatim string
      | \$?"(?:[^"\\]|\\.)*"          # string
      | '(?:[^'\\]|\\.)[^']{0,5}'     # character
      | //[^\n]*                      # comment to the end of the line
      | /\*.*?\*/                     # comment""",
    re.VERBOSE | re.DOTALL,
)


def end_of_expression(text: str, opening: int) -> int | None:
    """Follow brackets, minding strings, characters and comments; None when the expression never ends."""
    expected: list[str] = []
    position = opening
    while position < len(text):
        sign = text[position]
        skipped = _SKIPPED.match(text, position) if sign in "@$\"'/" else None
        if skipped is not None:
            position = skipped.end()
            continue
        if sign in _PAIRS:
            expected.append(_PAIRS[sign])
        elif expected and sign == expected[-1]:
            expected.pop()
            if not expected:
                return position + 1
        position += 1
    return None
