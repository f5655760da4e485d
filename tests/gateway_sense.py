"""A generated fragment and a call in, what a gateway would do with the call out: read with expat, C# by replacement.

Nothing of `reconciler` is used: this is a second opinion on what the fragment means, as far as it needs.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

HEADER = 'context.Request.Headers.GetValueOrDefault("Authorization", "").AsJwt()?.Claims.GetValueOrDefault'
CHECKED = '((Jwt)context.Variables["access-token"]).Claims.GetValueOrDefault'
LIST = re.compile(r"new \[\] \{(.*?)\}\.Contains\(([^()]*(?:\(string\))?[^()]*)\)", re.DOTALL)
CONDITIONAL = re.compile(r"(.+) != \"\" \? (.+) : (.+)", re.DOTALL)


@dataclass
class Call:
    """A call: its subscription's id, the claims of its token, and whether the issuer signed that for this audience."""

    key: str | None = None
    claims: dict[str, str] | None = None
    valid: bool = True


@dataclass
class Answer:
    """What becomes of it: 0 lets it through, counted as is said; `noted` is what a trace would tell."""

    status: int = 0
    body: str = ""
    counted: dict[str, str] = field(default_factory=dict)
    noted: list[dict[str, str]] = field(default_factory=list)


class _Answered(Exception):
    pass


def answer(fragment: str, call: Call) -> Answer:
    """Run the fragment's policies one after the other."""
    given = Answer()
    with suppress(_Answered):
        _run(ET.fromstring(fragment), call, {}, given)  # noqa: S314
    return given


def _run(elements: Iterable[ET.Element], call: Call, variables: dict[str, str], given: Answer) -> None:
    def value(code: str) -> str:
        return str(_value(code, call, variables))

    for element in elements:
        said = element.attrib
        if element.tag == "set-variable":
            variables[said["name"]] = value(said["value"])
        elif element.tag == "choose":
            taken = (
                one for one in element if one.tag == "otherwise" or _value(one.attrib["condition"], call, variables)
            )
            _run(next(taken, ()), call, variables, given)
        elif element.tag == "validate-jwt":
            if not _valid(element, call):
                given.status, given.body = 401, value(said["failed-validation-error-message"])
                raise _Answered
        elif element.tag == "return-response":
            given.status = int(element.find("set-status").attrib["code"])  # type: ignore[union-attr]
            given.body = element.findtext("set-body", "")
            raise _Answered
        elif element.tag in ("rate-limit-by-key", "quota-by-key"):
            given.counted[value(said["counter-key"])] = f"{said['calls']} in {said['renewal-period']}"
        elif element.tag == "trace":
            given.noted.append({one.attrib["name"]: value(one.attrib["value"]) for one in element.iter("metadata")})
        else:
            raise AssertionError(element.tag)


def _valid(element: ET.Element, call: Call) -> bool:
    if call.claims is None or not call.valid:
        return False
    return all(
        {value.text for value in claim} & set(call.claims.get(claim.attrib["name"], "").split(claim.get("separator")))
        for claim in element.iter("claim")
    )


def _value(code: str, call: Call, variables: dict[str, str]) -> object:
    assert code.startswith("@("), code
    assert code.endswith(")"), code
    return _evaluated(code[2:-1], call, variables)


def _evaluated(code: str, call: Call, variables: dict[str, str]) -> object:
    if match := CONDITIONAL.fullmatch(code):
        return _evaluated(match[2] if _evaluated(match[1], call, variables) else match[3], call, variables)
    code = LIST.sub(r"(\2 in [\1])", code)
    code = (
        code.replace('context.Subscription?.Id ?? ""', "key").replace(HEADER, "sent.get").replace(CHECKED, "claims.get")
    )
    code = code.replace(' ?? ""', "").replace("(string)context.Variables", "variables").replace("||", "or")
    known = {"key": call.key or "", "sent": call.claims or {}, "claims": call.claims or {}, "variables": variables}
    return eval(code, {"__builtins__": {}}, known)  # noqa: S307  what it evaluates is ours, in tests
