"""A session in; the policies' texts and the calls of each product, which only an audit asks for, out."""

from datetime import date, timedelta

from reconciler.azure.session import Session
from reconciler.azure.together import together
from reconciler.errors import AzureError

_POLICY = "/policies/policy"


async def policies(session: Session) -> dict[str, str]:
    """Read every policy as it was written, by its scope, as `products/x`: the list of all has no texts (spec)."""
    rows = await session.rows("allPolicies")
    begin = f"{session.service}/".lower()
    scopes = []
    for row in rows:
        reference = str((row.get("properties") or {}).get("referencePolicyId") or "")
        if reference.lower().startswith(begin) and reference.lower().endswith(_POLICY):
            scopes.append(reference[len(begin) : -len(_POLICY)])
    texts = await together(*(_text(session, scope) for scope in scopes))
    return dict(zip(scopes, texts, strict=True))


async def _text(session: Session, scope: str) -> str:
    found = await session.get(f"{scope}{_POLICY}?format=rawxml".lstrip("/"), f"reading the policy of {scope}")
    return str(found.row["properties"].get("value") or "") if found else ""


async def calls(session: Session, day: date, days: int) -> dict[str, int] | None:
    """Count each product's calls; None where the service has no reports, as in newer tiers."""
    since = f"{day - timedelta(days=days)}T00:00:00"
    try:
        rows = await session.rows(f"reports/byProduct?$filter=timestamp ge datetime'{since}'")
        return {str(row.get("productId", "")).rsplit("/", 1)[-1]: int(row.get("callCountTotal") or 0) for row in rows}
    except (AzureError, ValueError, TypeError, OverflowError):  # what is no number counts nothing
        return None
