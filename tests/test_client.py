"""The one private door of the official client that is used: an upgrade that closes it is noticed here, by name."""

import asyncio

from asgi import AsgiTransport
from azure.core.pipeline import PipelineResponse
from azure.core.rest import HttpRequest
from azure.mgmt.apimanagement.aio import ApiManagementClient
from cloud import Cloud, Credential
from organisations import ENDPOINT, SERVICE

from reconciler.emulator import create_app


def test_the_clients_pipeline_is_where_it_was_and_answers_with_its_context() -> None:
    cloud = Cloud()

    async def ask() -> object:
        credential = Credential(cloud.azure, "tests")
        transport = AsgiTransport(create_app(cloud.azure))
        async with ApiManagementClient(credential, "s1", base_url=ENDPOINT, transport=transport) as client:  # type: ignore[arg-type]
            url = client._client.format_url(f"{SERVICE}/products")  # noqa: SLF001
            request = HttpRequest("GET", url, params={"api-version": "2024-05-01"})
            return await client._client.send_request(request, _return_pipeline_response=True)  # noqa: SLF001

    answer = asyncio.run(ask())
    assert isinstance(answer, PipelineResponse)
    assert {row["name"] for row in answer.http_response.json()["value"]} == {"starter", "unlimited"}
