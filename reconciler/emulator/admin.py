"""A request to `/_admin/` from this machine in; faults set, the log read, states seen and seeded: its answer out.

POST   /_admin/faults      a rule, such as {"method": "PUT", "path": "/products/", "status": 429}
POST   /_admin/storm       {"seed": 7, "share": 0.1}: faults that pass, drawn by a seed
DELETE /_admin/faults      rules and storm are gone
GET    /_admin/log         {"reads": 1, "writes": 0, "entries": [{"method": ..., "path": ..., "status": ...}]}
DELETE /_admin/log
GET    /_admin/state?service=/subscriptions/...     what the service holds; no keys
PUT    /_admin/state?service=/subscriptions/...     {"products/p": {"displayName": "P"}}: entities to seed
"""

import ipaddress
import json
import re
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from reconciler.emulator.azure import Azure
from reconciler.emulator.errors import AzureError
from reconciler.emulator.faults import Fault
from reconciler.emulator.log import Entry
from reconciler.emulator.seed import SeedError
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
    match call.method, call.segments[1:]:
        case "POST", ("faults",):
            azure.faults.add(_FAULT.validate_python(_body(call)))
        case "POST", ("storm",):
            azure.storm(**_body(call))
        case "DELETE", ("faults",):
            azure.faults.clear()
        case "GET", ("log",):
            log = azure.log
            return Answer(200, {"reads": log.reads, "writes": log.writes, "entries": list(map(_line, log))})
        case "DELETE", ("log",):
            azure.log.clear()
        case "GET", ("state",):
            return Answer(200, azure.snapshot(call.query.get("service", "")))
        case "PUT", ("state",):
            azure.seed(call.query.get("service", ""), _body(call))
        case _:
            return Answer(404, {"error": {"code": "NotFound", "message": "Known are faults, storm, log and state."}})
    return Answer(204)


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
