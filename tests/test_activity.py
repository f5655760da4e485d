"""Who wrote to a service, as Azure's activity log tells: asked by the real client, answered by the emulator."""

import asyncio
from datetime import UTC, datetime

import pytest
from asgi import AsgiTransport, Credential
from checked import checked
from cloud import Cloud
from organisations import ENDPOINT

from reconciler.azure.activity import PORTAL, Event, events
from reconciler.azure.connecting import connect
from reconciler.emulator.tokens import object_id_of
from reconciler.errors import AccessDenied


def written(cloud: Cloud, token: str, path: str, *, delete: bool = False) -> None:
    """Write by somebody's token."""

    async def run() -> None:
        async with connect(
            cloud.service,
            subscription="s1",
            endpoint=ENDPOINT,
            credential=Credential(token),  # type: ignore[arg-type]
            transport=AsgiTransport(checked(cloud.azure)),
            backoff=0,
            poll=0,
        ) as session:
            if delete:
                await session.delete(path, "deleting", etag="*")
            else:
                await session.put(path, {"displayName": path}, "writing")

    asyncio.run(run())


def told(cloud: Cloud, client: str = "tests") -> tuple[Event, ...]:
    async def run() -> tuple[Event, ...]:
        async with cloud.session(client) as session:
            return await events(session, datetime.now(UTC))

    return asyncio.run(run())


@pytest.fixture
def cloud() -> Cloud:
    return Cloud().seed({"apis/orders": {"displayName": "o", "path": "o"}})


def test_a_person_in_the_portal_is_told_from_one_with_a_program_and_from_a_pipeline(cloud: Cloud) -> None:
    cli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
    written(cloud, cloud.azure.person("piet@contoso.example"), "groups/a")
    written(cloud, cloud.azure.person("asha@contoso.example", cli), "groups/B")
    written(cloud, cloud.azure.token("pipeline"), "groups/c")
    written(cloud, cloud.azure.token("pipeline"), "groups/a", delete=True)
    found = [(each.resource, each.caller, each.program, each.is_person, each.method) for each in told(cloud)]
    assert found == [
        ("groups/a", object_id_of("pipeline"), "pipeline", False, "DELETE"),
        ("groups/c", object_id_of("pipeline"), "pipeline", False, "PUT"),
        ("groups/b", "asha@contoso.example", cli, True, "PUT"),
        ("groups/a", "piet@contoso.example", PORTAL, True, "PUT"),
    ]


def test_reads_seeds_failures_and_other_services_are_not_told(cloud: Cloud) -> None:
    other = Cloud(cloud.azure, service=f"{cloud.service}-2")
    written(other, cloud.azure.token("pipeline"), "groups/a")
    with pytest.raises(Exception, match="System entity"):
        written(cloud, cloud.azure.token("pipeline"), "groups/administrators")
    assert told(cloud) == ()
    assert [each.resource for each in told(other)] == ["groups/a"]


def test_all_pages_are_read(cloud: Cloud) -> None:
    token = cloud.azure.token("pipeline")
    for number in range(101):
        written(cloud, token, f"groups/g{number}")
    assert len({each.resource for each in told(cloud)}) == 101


def test_who_may_not_read_the_log_is_told_so(cloud: Cloud) -> None:
    cloud.azure.grant("narrow", {"actions": ["Microsoft.ApiManagement/*/read"]})
    with pytest.raises(AccessDenied):
        told(cloud, "narrow")
