"""Findings in, SARIF 2.1.0 for code-scanning pages out (docs.oasis-open.org/sarif/sarif/v2.1.0)."""

import hashlib
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from reconciler.findings import RULES, Finding
from reconciler.resource import Address

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(found: Iterable[Finding], places: Mapping[Address, tuple[str, int]], elsewhere: str) -> dict[str, Any]:
    """Give one run. `places` are files and lines of what is declared; `elsewhere` is the file of what is not.

    Code scanning needs a file for each result, and tells results apart by their fingerprint from run to run.
    """
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "reconciler", "version": version("reconciler"), "rules": _rules()}},
                "results": [_result(each, *places.get(each.address, (elsewhere, 1))) for each in found],
            }
        ],
    }


def _rules() -> list[dict[str, Any]]:
    return [
        {
            "id": rule.name,
            "shortDescription": {"text": rule.because},
            "help": {"text": rule.way_out},
            "defaultConfiguration": {"level": rule.level},
        }
        for rule in RULES
    ]


def _result(finding: Finding, path: str, line: int) -> dict[str, Any]:
    digest = hashlib.sha256(f"{finding.rule.name} {finding.address}".encode()).hexdigest()
    return {
        "ruleId": finding.rule.name,
        "level": finding.rule.level,
        "message": {"text": f"{finding.text}. {finding.rule.way_out}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": path}, "region": {"startLine": line}}}],
        "partialFingerprints": {"finding/v1": digest},
    }
