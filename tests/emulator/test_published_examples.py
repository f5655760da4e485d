"""Every example that Microsoft publishes for a path that is served: accepted, and answered in the shape it declares.

`APIM_EXAMPLES` names another folder of such files.
"""

import json
import os
import re
from pathlib import Path

import pytest
from caller import Arm
from example import Example, departures
from stage import prepared

FOLDER = Path(os.environ.get("APIM_EXAMPLES") or Path(__file__).parents[3] / "shared" / "apim" / "examples")
FILES = sorted(FOLDER.glob("ApiManagement*.json"))
ABOVE = [path for path in FILES if "serviceName" not in json.loads(path.read_text())["parameters"]]
pytestmark = pytest.mark.skipif(not FILES, reason=f"Microsoft's published examples ({FOLDER.name}) are absent")
CONFIGURED = re.compile(
    r"\.(tags\.|identity|properties\.(additionalLocations|privateEndpointConnections|apiVersionConstraint\.))"
)
"""What somebody configured in the service that the example of a service shows."""


@pytest.mark.parametrize("path", ABOVE, ids=lambda path: path.stem.removeprefix("ApiManagement"))
def test_an_operation_above_a_service_is_told_in_the_shape_of_the_example(arm: Arm, path: Path) -> None:
    said = json.loads(path.read_text())
    if "operationId" not in said["parameters"]:
        pytest.skip(f"{path.stem} shows a path that is not served")
    started = arm("PUT", "policyFragments/f", {"value": "<fragment />"}).headers["azure-asyncoperation"]
    number = started.partition("operationResults/")[2].partition("?")[0]
    kind = "operationStatuses" if "Status" in path.stem else "operationResults"
    above = f"{arm.base.partition('/resourceGroups')[0]}/providers/Microsoft.ApiManagement/locations/westeurope"
    answer = arm("GET", f"{above}/{kind}/{number}")
    expected = said["responses"][str(answer.status)].get("body")
    assert list(departures(expected, answer.json)) == []


@pytest.mark.parametrize(
    "path", [path for path in FILES if path not in ABOVE], ids=lambda path: path.stem.removeprefix("ApiManagement")
)
def test_an_example_is_accepted_and_answered_in_its_shape(path: Path) -> None:
    example = Example(path)
    found = example.operation()
    if found is None:
        pytest.skip(f"{example.name} shows a path that is not served")
    verb, where = found
    arm = prepared(example, verb, where)
    body = json.dumps(example.body).encode() if example.body is not None else b""
    etag = "*" if verb in ("DELETE", "PATCH") else ""
    answer = arm(verb, where, body=body, etag=etag, query=example.query)
    assert str(answer.status) in example.responses, f"{verb} {where}: {answer.body[:300]!r}"
    expected = example.responses[str(answer.status)].get("body")
    assert [each for each in departures(expected, answer.json) if not CONFIGURED.match(each)] == []
    if verb == "PUT":
        again = arm(verb, where, body=body, etag="*", query=example.query)
        assert again.status == 200
        assert list(departures(example.responses.get("200", {}).get("body"), again.json)) == []
