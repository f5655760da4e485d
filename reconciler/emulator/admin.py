"""A request to `/_admin/` from this machine in; faults set, the log read, states seen and seeded: its answer out.

POST   /_admin/faults      a rule, such as {"method": "PUT", "path": "/products/", "status": 429}
POST   /_admin/storm       {"seed": 7, "share": 0.1}: faults that pass, drawn by a seed
DELETE /_admin/faults      rules and storm are gone
GET    /_admin/log         {"reads": 1, "writes": 0, "entries": [{"method": ..., "path": ..., "status": ...}]}
DELETE /_admin/log
GET    /_admin/state?service=/subscriptions/...     what the service holds; no keys
GET    /_admin/gateway     {"calls": [{"status": 401, ...}], "events": [{"count": 3, ...}], "unknown": ["..."]}
DELETE /_admin/gateway     the journal is empty; counters of rates and quotas stay
PUT    /_admin/state?service=/subscriptions/...     {"products/p": {"displayName": "P"}}: entities to seed
"""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from reconciler.emulator.azure import Azure
from reconciler.emulator.errors import AzureError
from reconciler.emulator.faults import Fault
from reconciler.emulator.log import Entry
from reconciler.emulator.seed import SeedError
from reconciler.emulator.settings import Settings
from reconciler.emulator.snapshot import difference
from reconciler.emulator.wire import Answer, Call

PREFIX = "_admin"
_FAULT = TypeAdapter(Fault)


def answered(azure: Azure, call: Call, *, host: str | None) -> Answer | None:
    """Answer what is not Azure's; None for everything else. `host` is where the request came from, None in process."""
    if call.segments[:1] != (PREFIX,):
        return None
    if host is not None and not ipaddress.ip_address(host).is_loopback:
        return Answer(403, {"error": {"code": "Forbidden", "message": "Only this machine may ask."}})
    try:
        with azure.lock:
            return _answered(azure, call)
    except AzureError as error:
        return error.answer()
    except (ValidationError, SeedError, re.error, TypeError, ValueError) as error:
        return _refused(error)


def _answered(azure: Azure, call: Call) -> Answer:
    asked = _ASKED.get((call.method, *call.segments[1:]))
    if asked is None:
        known = "Known are faults, storm, log, gateway, state, difference and settings."
        return Answer(404, {"error": {"code": "NotFound", "message": known}})
    said = asked(azure, call)
    return Answer(204) if said is None else Answer(200, said)


def _log(azure: Azure) -> dict[str, Any]:
    return {"reads": azure.log.reads, "writes": azure.log.writes, "entries": list(map(_line, azure.log))}


def _service(call: Call) -> str:
    return call.query.get("service", "")


def _seed(azure: Azure, call: Call) -> None:
    azure.seed(_service(call), _body(call))


def _difference(azure: Azure, call: Call) -> dict[str, Any]:
    return asdict(difference(_body(call), azure.snapshot(_service(call))))


def _switches(settings: Settings) -> dict[str, Any]:
    values = {each.name: getattr(settings, each.name) for each in fields(settings)}
    return {name: value for name, value in values.items() if isinstance(value, bool | int | float | str)}


def _turn(settings: Settings, wanted: dict[str, Any]) -> None:
    switches = _switches(settings)
    for name, value in wanted.items():
        if name not in switches or type(value) is not type(switches[name]):
            known = ", ".join(f"{switch} ({type(now).__name__})" for switch, now in switches.items())
            raise TypeError(f"{name}: {value!r} is no switch or no value of one; known are {known}")
    for name, value in wanted.items():
        setattr(settings, name, value)


def _body(call: Call) -> dict[str, Any]:
    body = json.loads(call.body or b"{}")
    if not isinstance(body, dict):
        raise TypeError("the body must be a JSON object")
    return body


def _line(entry: Entry) -> dict[str, Any]:
    return {
        "principal": entry.principal,
        "method": entry.method,
        "path": entry.path,
        "query": dict(entry.query),
        "status": entry.status,
    }


def _refused(error: Exception) -> Answer:
    if isinstance(error, ValidationError):
        known = ", ".join(each.name for each in fields(Fault))
        where = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        return Answer(400, {"error": {"code": "Invalid", "message": f"{where}. A rule may have: {known}."}})
    return Answer(400, {"error": {"code": "Invalid", "message": str(error)}})


_ASKED: Final[Mapping[tuple[str, ...], Callable[[Azure, Call], Any]]] = {
    ("POST", "faults"): lambda azure, call: azure.faults.add(_FAULT.validate_python(_body(call))),
    ("POST", "storm"): lambda azure, call: azure.storm(**_body(call)),
    ("DELETE", "faults"): lambda azure, _: azure.faults.clear(),
    ("GET", "log"): lambda azure, _: _log(azure),
    ("DELETE", "log"): lambda azure, _: azure.log.clear(),
    ("GET", "gateway"): lambda azure, _: azure.journal.as_json(),
    ("DELETE", "gateway"): lambda azure, _: azure.journal.clear(),
    ("GET", "state"): lambda azure, call: azure.snapshot(_service(call)),
    ("PUT", "state"): _seed,
    ("POST", "difference"): _difference,
    ("GET", "settings"): lambda azure, _: _switches(azure.settings),
    ("PATCH", "settings"): lambda azure, call: _turn(azure.settings, _body(call)),
}
