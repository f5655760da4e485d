"""Policies that look at the caller in, nothing or the refusal out.

Microsoft: "Restrict caller IPs", "Check HTTP header"; reasons and messages are those of its page on errors. That an
address is refused with 403 is unverified.
"""

import ipaddress
from typing import Final

from reconciler.emulator.gateway.refusals import NotKnown, Refused
from reconciler.emulator.gateway.step import Policies, Policy, Step

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_FORBIDDEN: Final = 403


def _ip_filter(step: Step) -> None:
    """`allow` lets only these pass, `forbid` all others."""
    written = step.exchange.request.address
    try:
        caller = ipaddress.ip_address(written)
    except ValueError as error:
        message = "Failed to establish IP address for the caller. Access denied."
        raise Refused(_FORBIDDEN, "ip-filter", "FailedToParseCallerIP", message) from error
    action, is_listed = step.demanded("action"), any(_holds(step.of(each), caller) for each in step.element)
    if action not in {"allow", "forbid"}:
        raise NotKnown(f'ip-filter with action="{action}"')
    if action == "allow" and not is_listed:
        message = f"Caller IP address {written} is not allowed. Access denied."
        raise Refused(_FORBIDDEN, "ip-filter", "CallerIpNotAllowed", message)
    if action == "forbid" and is_listed:
        raise Refused(_FORBIDDEN, "ip-filter", "CallerIpBlocked", "Caller IP address is blocked. Access denied.")


def _holds(step: Step, caller: Address) -> bool:
    if step.element.tag == "address":
        return _address(step.text(step.element)) == caller
    begin, end = _address(step.demanded("from")), _address(step.demanded("to"))
    return begin.version == end.version == caller.version and int(begin) <= int(caller) <= int(end)


def _address(text: str) -> Address:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError as error:
        raise NotKnown(f"the address {text.strip()!r} of ip-filter") from error


def _check_header(step: Step) -> None:
    name, headers = step.demanded("name"), step.exchange.request.headers
    code, told = step.number("failed-check-httpcode"), step.demanded("failed-check-error-message")
    ignoring, allowed = step.flag("ignore-case", default=False), step.texts("value")
    if name not in headers:
        message = f"Header {name} was not found in the request. Access denied."
        raise Refused(code, "check-header", "HeaderNotFound", message, told=told)
    value = headers.get(name)
    if not allowed or any(value == each or (ignoring and value.casefold() == each.casefold()) for each in allowed):
        return
    message = f"Header {name} value of {value} is not allowed. Access denied."
    raise Refused(code, "check-header", "HeaderValueNotAllowed", message, told=told)


POLICIES: Final[Policies] = {
    "ip-filter": Policy(_ip_filter, frozenset({"action"}), frozenset({"address", "address-range"})),
    "check-header": Policy(
        _check_header,
        frozenset({"name", "failed-check-httpcode", "failed-check-error-message", "ignore-case"}),
        frozenset({"value"}),
    ),
}
