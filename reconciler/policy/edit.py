"""A policy document and a fragment's id in; the document with or without its include out, every other byte as it was.

The include stands in a section (`inbound` as a rule) right behind `<base />`, or first where there is none. An include
deeper down, in a `choose` say, is somebody's own: it is reported, and never written or removed.
"""

import re
from dataclasses import dataclass

from reconciler.policy.canonical import canonical
from reconciler.policy.fragments import SECTIONS, check_size
from reconciler.policy.spelling import word
from reconciler.policy.tokens import PolicyError, place
from reconciler.policy.tree import Element, tree

# A product or API without a policy, as Azure lays it out: it says nothing, and all that stands above it holds.
NOTHING = (
    "<policies>\r\n"
    + "".join(f"\t<{section}>\r\n\t\t<base />\r\n\t</{section}>\r\n" for section in SECTIONS)
    + "</policies>"
)
# Marks an element that was opened or made for an include, so that it goes, to the byte, with the last one.
MADE = "<!-- made for the include -->"

_LINE = re.compile(r"(?:\r\n|\r|\n)[ \t]*\Z")
_REST_OF_LINE = re.compile(r"(?:[ \t]*<!--(?:(?!-->)[^\r\n])*-->)*(?=[ \t]*(?:[\r\n]|\Z))")
_ALONE = re.compile(r"[ \t]*(?:[\r\n]|\Z)")


@dataclass(frozen=True, slots=True)
class Inclusion:
    """An include of the fragment: in which section, whether directly in it (ours, then), and where."""

    section: str
    direct: bool
    line: int
    column: int


def inclusions(text: str, fragment: str) -> tuple[Inclusion, ...]:
    """Find every include of the fragment, in the document's order."""
    return tuple(
        Inclusion(section.name, element in section.children, *place(text, element.start))
        for section in _policies(text).children
        for element in section.walk()
        if _includes(element, fragment)
    )


def is_included(text: str, fragment: str, section: str = "inbound") -> bool:
    """Whether the section includes the fragment as `include` would: directly, for every call."""
    return any(found.direct and found.section == section for found in inclusions(text, fragment))


def include(text: str | None, fragment: str, section: str = "inbound") -> str:
    """Put the include into the document, or into one that says nothing where there is none (product and API)."""
    text = NOTHING if text is None else text
    if is_included(text, fragment, section):
        return text
    element = f'<include-fragment fragment-id="{word(fragment)}" />'
    policies = _policies(text)
    found = _section(text, policies, section)
    if found is None:
        edited = include(_with_section(text, policies, section), fragment, section)
    elif found.empty:
        edited = include(_opened(text, found), fragment, section)
    else:
        edited = _with_child(text, found, element)
        check_size(edited, "policy")
    return edited


def exclude(text: str, fragment: str, section: str = "inbound") -> str:
    """Take the include out of the document, with its line where it stands alone on it."""
    found = _section(text, _policies(text), section)
    ours = [child for child in found.children if _includes(child, fragment)] if found else []
    for each in reversed(ours):  # what stands before it stays where it is
        text = _without(text, each)
    return _tidied(text, section) if ours else text


def says_nothing(text: str) -> bool:
    """Whether the document is as good as none, for a product or an API: `<base />` in every section, and no more."""
    return canonical(text) == canonical(NOTHING)


def _policies(text: str) -> Element:
    root = tree(text)
    if root.name != "policies":
        raise PolicyError(f"the root of a policy is <policies>, not <{root.name}>", *place(text, root.start))
    return root


def _section(text: str, policies: Element, name: str) -> Element | None:
    found = [child for child in policies.children if child.name == name]
    if len(found) > 1:
        raise PolicyError(f"there is a second <{name}>", *place(text, found[1].start))
    return found[0] if found else None


def _includes(element: Element, fragment: str) -> bool:
    value = element.attributes.get("fragment-id", ())
    # Whether Azure minds capitals here is unverified. A fragment that stands in a policy exists: it is the same one.
    return element.name == "include-fragment" and "".join(map(str, value)).casefold() == fragment.casefold()


def _with_section(text: str, policies: Element, name: str) -> str:
    """Make the section first of all. With `<base />`: what stands above must hold no less than before."""
    if policies.empty:
        text = _opened(text, policies)
        policies = _policies(text)
    begin, line = _after_layout(text, policies.inner), _line_of_children(text, policies)
    if begin is None or not line:
        return text[: policies.inner] + f"<{name}>{MADE}<base /></{name}>" + text[policies.inner :]
    deeper = line + _unit(text)
    return text[:begin] + f"{line}<{name}>{MADE}{deeper}<base />{line}</{name}>" + text[begin:]


def _with_child(text: str, section: Element, element: str) -> str:
    base = next((child for child in section.children if child.name == "base"), None)
    behind = base.end if base else section.inner
    begin = _after_layout(text, behind)
    line = _line_before(text, base.start) if base else _line_of_children(text, section)
    if begin is None or not line:
        return text[:behind] + element + text[behind:]
    return text[:begin] + line + element + text[begin:]


def _opened(text: str, element: Element) -> str:
    return f"{text[: element.inner - 2]}>{MADE}</{element.name}>{text[element.inner :]}"


def _without(text: str, element: Element) -> str:
    line = _line_before(text, element.start)
    alone = _ALONE.match(text, element.end)
    return text[: element.start - len(line) if alone else element.start] + text[element.end :]


def _tidied(text: str, name: str) -> str:
    """Undo what was made for includes, once none is left in it."""
    policies = _policies(text)
    section = _section(text, policies, name)
    if section and _holds(text, section, MADE + "<base />"):
        text = _without(text, section)
    elif section and _holds(text, section, MADE):
        text = _closed(text, section)
    policies = _policies(text)
    return _closed(text, policies) if _holds(text, policies, MADE) else text


def _holds(text: str, element: Element, content: str) -> bool:
    return re.sub(r"[\r\n][ \t\r\n]*", "", text[element.inner : element.stop]) == content


def _closed(text: str, element: Element) -> str:
    return text[: element.inner - 1] + "/>" + text[element.end :]


def _line_before(text: str, at: int) -> str:
    """Give the line end and indentation right before, or nothing where something else stands there."""
    begin = max(0, text.rfind(">", 0, at))
    match = _LINE.search(text, begin, at)
    return match[0] if match else ""


def _after_layout(text: str, at: int) -> int | None:
    """Give the end of the comments that follow on the same line, or None where other things do."""
    match = _REST_OF_LINE.match(text, at)
    return match.end() if match else None


def _line_of_children(text: str, element: Element) -> str:
    if element.children and (line := _line_before(text, element.children[0].start)):
        return line
    line = _line_before(text, element.stop)
    return line and line + _unit(text)


def _unit(text: str) -> str:
    """Give one step of indentation: the document's first, or a tab as Azure would make it."""
    match = re.search(r"[\r\n]([ \t]+)<", text)
    return match[1] if match else "\t"
