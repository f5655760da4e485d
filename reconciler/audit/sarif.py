"""Findings in, SARIF 2.1.0 for code-scanning pages out (docs.oasis-open.org/sarif/sarif/v2.1.0)."""

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from reconciler.findings import RULES, Finding

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(found: Iterable[tuple[str, Finding, tuple[str, int]]]) -> dict[str, Any]:
    """Give one run of findings, each with its environment and the file and line where it stands.

    Code scanning needs a file for each result, and tells results apart by their fingerprint from run to run.
    """
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "reconciler", "version": version("apim-reconciler"), "rules": _rules()}},
                "results": [_result(*each) for each in found],
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


def _result(environment: str, finding: Finding, place: tuple[str, int]) -> dict[str, Any]:
    path, line = place
    digest = hashlib.sha256(f"{environment} {finding.rule.name} {finding.address}".encode()).hexdigest()
    return {
        "ruleId": finding.rule.name,
        "level": finding.rule.level,
        "message": {"text": f"{environment}: {finding.text}. {finding.rule.way_out}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": path}, "region": {"startLine": line}}}],
        "partialFingerprints": {"finding/v1": digest},
    }
