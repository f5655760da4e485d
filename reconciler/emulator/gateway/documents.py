"""An admitted call and a section in, the statements to run, in order, out: each scope's, one inside the other.

`<base/>` stands for what the next wider scope has: operation, API, product, all APIs (Microsoft: "Set or edit
policies"). The product's policy is there only in a product's context. That a document without a section takes the wider
scope's, as with nothing but `<base/>`, is unverified.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from reconciler.emulator.gateway.admission import Admitted
from reconciler.emulator.service import Segments, Service

Element = ET.Element
_POLICY: Final = "policy"


@dataclass(frozen=True, slots=True)
class Statement:
    """A policy element and where it stands: in which scope, and by which path below the section."""

    element: Element
    scope: str  # in the words of `context.LastError.Scope`, the value for a fragment's included
    path: str


def statements(service: Service, admitted: Admitted, section: str) -> list[Statement]:
    return list(_of_scope(service, list(_scopes(admitted)), section))


def fragment(service: Service, name: str) -> list[Element] | None:
    """Give what a fragment holds; None where it is not there."""
    found = service.find(("policyFragments",), name)
    return None if found is None else list(parsed(found.properties["value"]))


def parsed(text: str) -> Element:
    """Parse what the store took: expat has read it already. Comments are left out."""
    return ET.fromstring(text)  # noqa: S314  expat refuses what explodes, and the text is this server's own


def numbered(elements: list[Element]) -> Iterator[tuple[Element, str]]:
    """Give each element with its part of a path, such as `choose[2]`; several of one name count from 1."""
    seen: dict[str, int] = {}
    for element in elements:
        seen[element.tag] = seen.get(element.tag, 0) + 1
        yield element, f"{element.tag}[{seen[element.tag]}]"


def _scopes(admitted: Admitted) -> Iterator[tuple[str, Segments]]:
    """Give the scopes from the innermost to the widest."""
    asked = admitted.asked
    if asked.operation is not None:
        yield "operation", (*asked.operation.segments, "policies")
    yield "api", (*asked.api.segments, "policies")
    if admitted.product is not None:
        yield "product", (*admitted.product.segments, "policies")
    yield "global", ("policies",)


def _of_scope(service: Service, scopes: list[tuple[str, Segments]], section: str) -> Iterator[Statement]:
    if not scopes:
        return
    (scope, collection), *wider = scopes
    document = service.find(collection, _POLICY)
    found = parsed(document.properties["value"]).find(section) if document is not None else None
    if found is None:
        yield from _of_scope(service, wider, section)
        return
    for element, path in numbered(list(found)):
        if element.tag == "base":
            yield from _of_scope(service, wider, section)
        else:
            yield Statement(element, scope, path)
