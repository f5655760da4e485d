"""Inputs that were mistakes once, by what was wrong: each with its target."""

from collections.abc import Mapping

from organisations import SERVICE

_DEEP = b"[" * 3000 + b"]" * 3000
_APIM = f"200 https://localhost:8443{SERVICE}/".encode()
_GRAPH = b"200 https://graph.microsoft.com/v1.0/"
_LOG = b"200 https://localhost:8443/subscriptions/s1/providers/Microsoft.Insights/eventtypes/management/values\n"
_EVENT = b'{"value": [{"resourceId": "%s/products/orders", "status": {"value": "Succeeded"}, %%s}]}' % SERVICE.encode()
_PART = b"<!-- part: a -->\n"

REGRESSIONS: Mapping[str, tuple[str, bytes]] = {
    "a Terraform state that is too deep": ("terraform", _DEEP),
    "a memory that is too deep": ("memory", _DEEP),
    "a memory with what is no number": ("memory", b'{"digest": NaN, "format": 1}'),
    "a list of what was made that is too deep": ("list of what was made", _DEEP),
    "a definition that is too deep": ("definition", _DEEP),
    "an operation that is too deep": (
        "definition",
        b'{"openapi": "3", "paths": {"/": {"get": {"x": %s}}}}' % (b"[" * 400 + b"]" * 400),
    ),
    "a gateway's word that is too deep": ("gateway", _DEEP),
    "a gateway's word with a number that is too long": ("gateway", b"1" * 5000),
    "a policy with a body that is too deep": (
        "policy",
        b"<fragment><set-body>" + _DEEP + b"</set-body></fragment>",
    ),
    "kept pages that are too deep": ("kept pages", _DEEP),
    "kept pages that are none": ("kept pages", b"4102444800\n[]\n"),
    "kept pages that are not UTF-8": ("kept pages", b"\x82"),
    "kept pages with another time": ("kept pages", b"Infinity\n"),
    "a comment of parts that begin": ("comment", _PART * 200),
    "a comment whose first line is too long": ("comment", b"x" * 70_000),
    "a comment with carriage returns in a row": ("comment", _PART + b"x\r\r\r\n\ny\n<!-- end: a -->"),
    "a comment of very many parts": (
        "comment",
        b"".join(b"<!-- part: a%d -->\nx\n<!-- end: a%d -->\n" % (number, number) for number in range(3000)),
    ),
    "an answer of GitHub that is too deep": ("github", b"200 pulls/5\n" + _DEEP),
    "a page of GitHub that is too deep": ("github", b"200 pulls/5/commits\n" + _DEEP),
    "a page of GitHub that is no list": ("github", b"200 commits/*/pulls\nnull"),
    "rows of GitHub without their key": ("github", b"200 actions/secrets\nnull"),
    "a folder of GitHub that is none": ("github", b"200 contents/*\nnull"),
    "an answer of GitHub that is not UTF-8": ("github", b"200 environments\n\xad\xdb"),
    "a refusal of GitHub that is too deep": ("github", b"422 pulls/5\n" + _DEEP),
    "an event of GitHub without a zone": (
        "github",
        b'200 issues/5/events\n[{"event": "base_ref_changed", "commit_id": null, "created_at": "2026-01-01T00:00:00"}]',
    ),
    "a list of Azure that is too deep": ("azure", _APIM + b"apis\n" + _DEEP),
    "a row of Azure without a name": ("azure", _APIM + b'subscriptions\n{"value": [{}]}'),
    "a link of Azure without a name": ("azure", _APIM + b'products/orders/apis\n{"value": [{"id": "x"}]}'),
    "a row of Azure that is none": ("azure", _APIM + b'subscriptions\n{"value": [1]}'),
    "a row of Azure with other properties": ("azure", _APIM + b'groups\n{"value": [{"name": "g", "properties": []}]}'),
    "a name of Azure that is no text": (
        "azure",
        _APIM + b'groups\n{"value": [{"name": "g", "properties": {"displayName": 1}}]}',
    ),
    "a count of Azure without an end": (
        "azure",
        _APIM + b'apis\n{"value": [{"name": "x"}], "count": 1000000000, "nextLink": "https://x/?$skip=1"}',
    ),
    "a page of Azure that follows itself": (
        "azure",
        _APIM + b'apis\n{"value": [{"name": "x"}], "nextLink": "https://x/?$top=1"}',
    ),
    "a link of Azure that is no text": ("azure", _APIM + b'apis\n{"value": [], "nextLink": {"a": 1}}'),
    "a refusal of Azure with a list for a code": (
        "azure",
        _APIM.replace(b"200", b"500") + b'groups\n{"error": {"code": ["c"], "details": [{"message": 1}]}}',
    ),
    "a refusal of Azure that is too deep": ("azure", _APIM.replace(b"200", b"400") + b"groups\n" + _DEEP),
    "a list of a vault that is none": ("azure", b'200 https://kv.vault.azure.net/secrets\n""'),
    "a service with another list of its names": (
        "azure",
        _APIM[:-1] + b'\n{"properties": {"hostnameConfigurations": ["x"], "gatewayUrl": "https://["}}',
    ),
    "a report with what is no number": ("azure", _APIM + b'reports/byProduct\n{"value": [{"callCountTotal": "x"}]}'),
    "an event of the log without its time": ("azure", _LOG + _EVENT % b'"caller": 1'),
    "an event of the log with another time": ("azure", _LOG + _EVENT % b'"eventTimestamp": "x"'),
    "an event of the log with other claims": (
        "azure",
        _LOG + _EVENT % b'"eventTimestamp": "2026-11-20T10:11:12Z", "claims": 5',
    ),
    "a row of Graph that is none": ("azure", _GRAPH + b'groups\n{"value": [null]}'),
    "rows of Graph without what they are": (
        "azure",
        _GRAPH + b"applications(appId='1a2b0000-0000-0000-0000-000000000000')/federatedIdentityCredentials\n"
        b'{"value": [{"issuer": "i"}]}',
    ),
    "a file that ends in a bracket": ("yaml", b"["),
    "a file that ends in a key": ("yaml", b"? p"),
}
