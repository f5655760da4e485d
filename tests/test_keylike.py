"""What looks like a key is not copied into files that many read: not by `adopt`, not by the plan's document."""

import asyncio

import pytest
from cloud import Cloud
from organisations import ENDPOINT, TODAY, organisation

from reconciler.adopt import Live, adopt
from reconciler.azure.reading import fragment_texts, read
from reconciler.declarations import Declarations, Guardrails, OwnerMap
from reconciler.keylike import holds_key, without_keys
from reconciler.report.document import document

KEY = "0123456789abcdef0123456789ABCDEF"
POLICY = '<fragment><set-header name="x-backend-key"><value>{}</value></set-header></fragment>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (POLICY.format(KEY), True),
        (POLICY.format("Basic dXNlcjpodW50ZXIy"), True),
        (POLICY.format("Bearer 0123456789-abcdefgh"), True),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl", True),
        ("ghs_0123456789abcdefghij", True),
        ("https://x.example/?sig=abcdef012", True),
        (POLICY.format("{{backend-key}}"), False),
        ('@("client_secret={{Secret}}")', False),
        ('$"client_secret={Uri.EscapeDataString("{{Secret}}")}"', False),
        ("Basic understanding, bearer of news", False),
        ("5f0c0000-0000-0000-0000-000000000000", False),
        ("0123456789abcdef0123456789abcdef01234567", False),  # a commit
        ("hunter2", False),  # what somebody chose looks like any word
    ],
)
def test_what_looks_like_a_key_is_told_from_what_does_not(text: str, *, expected: bool) -> None:
    assert holds_key(text) is expected
    assert (without_keys(text) != text) is expected
    assert not holds_key(without_keys(text))


def test_a_fragment_that_holds_a_key_is_not_adopted_into_git() -> None:
    cloud = Cloud().seed(
        {
            "policyFragments/careless": {"value": POLICY.format(KEY)},
            "policyFragments/careful": {"value": POLICY.format("a word")},
        }
    )

    async def run() -> Live:
        async with cloud.session() as session:
            texts = await fragment_texts(session, ["careless", "careful"])
            return Live("prod", cloud.service, await read(session), texts, endpoint=ENDPOINT)

    known = Declarations({}, Guardrails(), OwnerMap(), {})
    adoption = adopt(known, {}, asyncio.run(run()), day=TODAY)
    written = {path: (content or b"").decode() for path, content in adoption.files.items()}
    assert "unowned/fragments/careful.xml" in written
    assert [path for path, text in written.items() if KEY in text or "careless" in path] == []
    assert [(each.what, each.reason.partition(":")[0]) for each in adoption.left] == [
        ("fragment careless", "it looks as if it holds a key")
    ]


def test_a_plan_for_machines_shows_no_key_of_the_policy_it_replaces() -> None:
    cloud = Cloud().seed({f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")})
    cloud.seed({"policyFragments/cors": {"value": POLICY.format(KEY)}})
    plan = cloud.plan(organisation(**{"commerce/fragments/cors.xml": POLICY.format("{{backend-key}}")}))
    (change,) = [each for each in document(plan).written.changes if each.kind == "fragment"]
    assert change.before
    assert "(hidden: it looks like a key)" in change.before["value"]
    assert KEY not in document(plan).model_dump_json()
