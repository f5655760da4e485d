"""The XML of a generated fragment in, its gate out; or None where it says anything that we would not write."""

from reconciler.json_text import from_json
from reconciler.limits import Limit
from reconciler.policy.canonical import canonical
from reconciler.policy.gate import Credentials, Gate, OAuth, Tier
from reconciler.policy.spelling import text_of
from reconciler.policy.tokens import Expression, PolicyError, Value
from reconciler.policy.tree import Element, tree
from reconciler.policy.writing import NO_KEY, write


def read(text: str) -> Gate | None:
    """Read what `write` wrote, however Azure spells it. What is read is written again: any change by hand shows."""
    try:
        gate = _gate(list(tree(text).walk()))
        return gate if canonical(write(gate)) == canonical(text) else None
    except (PolicyError, ValueError, LookupError, TypeError):  # nothing else comes of a text that we did not write
        return None


def _gate(elements: list[Element]) -> Gate:
    body = from_json(_text(_first(elements, "set-body")))
    tiers, default = _tiers(elements)
    return Gate(
        product=str(body["product"]),
        ask=str(body["ask"]),
        credentials=_credentials(elements),
        oauth=_oauth(elements),
        clients=_consumers(elements, "access-client"),
        keys=_consumers(elements, "access-key"),
        tiers=tiers,
        default=default,
        enforcement="report" if _set(elements, "access-enforcement") == ["report"] else "enforce",
    )


def _credentials(elements: list[Element]) -> Credentials:
    token = any(element.name == "validate-jwt" for element in elements)
    if _set(elements, "access-verdict") == [NO_KEY]:
        return "key and token" if token else "key"
    return "key or token" if any(_named(element, "access-key") for element in elements) else "token"


def _oauth(elements: list[Element]) -> OAuth | None:
    validations = [element for element in elements if element.name == "validate-jwt"]
    if not validations:
        return None
    within = [element for validation in validations for element in validation.walk()]
    # the variable of the token, the claim, and what stands for none: once where the claim is given, else three times
    named = _set(elements, "access-client", last=True)
    return OAuth(
        configuration=_attribute(_first(within, "openid-config"), "url"),
        audiences=frozenset(_text(element) for element in within if element.name == "audience"),
        issuers=frozenset(_text(element) for element in within if element.name == "issuer"),
        scopes=_values(within, "scp"),
        roles=_values(within, "roles"),
        claim=named[1] if len(named) == len(("variable", "claim", "default")) else "",
    )


def _values(elements: list[Element], claim: str) -> frozenset[str]:
    named = [element for element in elements if element.name == "claim" and _attribute(element, "name") == claim]
    return frozenset(_text(value) for element in named for value in element.children)


def _consumers(elements: list[Element], variable: str) -> dict[str, str]:
    consumers = {}
    for element in elements:
        *ids, tested = _strings(element.attributes["condition"]) if _is_list(element) else [""]
        if tested == variable:
            consumers.update(dict.fromkeys(ids, _set(element.children, "access-tier")[0]))
    return consumers


def _tiers(elements: list[Element]) -> tuple[dict[str, Tier], str]:
    tiers, default = {}, ""
    for element in elements:
        if element.name != "when" or _is_list(element):
            continue
        strings = _strings(element.attributes["condition"])
        if strings[0] == "access-tier":
            limits = {child.name: child for child in element.children}
            tiers[strings[1]] = Tier(_limit(limits.get("rate-limit-by-key")), _limit(limits.get("quota-by-key")))
            default = strings[1] if len(strings) > len(("access-tier", strings[1])) else default
    return tiers, default


def _is_list(element: Element) -> bool:
    """Whether this is a case of `new [] {...}.Contains(variable)`."""
    return element.name == "when" and "Contains" in _tokens(element.attributes["condition"])


def _limit(element: Element | None) -> Limit | None:
    if element is None:
        return None
    return Limit(int(_attribute(element, "calls")), int(_attribute(element, "renewal-period")))


def _set(elements: list[Element], variable: str, *, last: bool = False) -> list[str]:
    found = [element for element in elements if _named(element, variable)]
    return list(_strings(found[-1 if last else 0].attributes["value"]))


def _named(element: Element, variable: str) -> bool:
    return element.name == "set-variable" and element.attributes.get("name") == (variable,)


def _strings(value: Value) -> list[str]:
    return [text_of(token) for token in _tokens(value) if token.startswith('"')]


def _tokens(value: Value) -> list[str]:
    return [token for piece in value if isinstance(piece, Expression) for token in piece.escaped]


def _first(elements: list[Element], name: str) -> Element:
    found = [element for element in elements if element.name == name]
    return found[0]


def _attribute(element: Element, name: str) -> str:
    return _plain(element.attributes[name])


def _text(element: Element) -> str:
    return _plain(element.text).strip()


def _plain(value: Value) -> str:
    if any(isinstance(piece, Expression) for piece in value):
        raise ValueError("an expression stands where none is written")
    return "".join(map(str, value))
