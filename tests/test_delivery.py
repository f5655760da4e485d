"""Keys are delivered to the vault of whoever may use them: a key is read for each secret written, and no other."""

import pytest
from vaulted import KEY, NAME, Strongroom, company


@pytest.fixture
def room() -> Strongroom:
    return Strongroom()


def test_a_granted_key_ends_in_the_teams_vault_and_a_second_run_reads_and_writes_nothing(room: Strongroom) -> None:
    room.begin(company())
    assert room.told(company()) == [("deliver", "")]
    assert room.value() == room.key()
    secret = room.cloud.azure.vault("kv-checkout").find(NAME).latest
    tags = dict(secret.tags)
    assert tags.pop("key-set")
    assert tags.pop("subscription-made")
    assert tags == {
        "managed-by": "reconciler",
        "environment": "prod",
        "team": "checkout",
        "grant": "orders",
        "service": room.cloud.service,
        "subscription": KEY,
        "slot": "primary",
    }
    assert secret.content_type == "application/vnd.reconciler.apim-subscription-key"
    assert secret.not_before == secret.created
    assert (room.asked(), room.written()) == (1, {"PUT": 1})
    assert room.told(company()) == [("leave", "")]
    assert (room.asked(), room.written()) == (1, {"PUT": 1})
