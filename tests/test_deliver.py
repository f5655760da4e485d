"""`deliver` and `rotate` as workflows run them: GitHub, the service and its vaults over TLS, what was applied."""

import asyncio
import json
import logging
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from checked import checked
from cloud import Cloud
from commanded import in_process
from office import GRANT, ORDERS, PEOPLE, Office, files, grant
from on_github import github
from organisations import environment, organisation
from rotated import called

from reconciler.emulator import Azure, Certificates, Running, serve
from reconciler.memory import Applied

NAME = "prod--checkout--orders"


@pytest.fixture
def running(certified: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Serve a local Azure whose vaults this process finds, as by a line in the hosts file."""
    ask = socket.getaddrinfo

    def found(host: Any, *rest: Any, **more: Any) -> Any:
        return ask("127.0.0.1" if str(host).endswith(".vault.localhost") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    azure = Azure()
    with serve(azure, app=checked(azure), certified=certified) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def office(tmp_path: Path, running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Begin a company whose keys go to a vault beside its service; nothing is granted yet."""
    vault = f"https://kv-Shared.vault.localhost:{running.url.rpartition(':')[2]}/"
    first = organisation(
        **PEOPLE, **{GRANT: None, "environments.yaml": {"prod": environment(endpoint=running.url, key_vault=vault)}}
    )
    with github({name: text for name, text in files(first).items() if text}) as site:
        office = Office(site, tmp_path / "clone", Cloud(azure=running.azure))
        site.clone(office.clone, by="pat")
        office.cloud.seed({f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")})
        office.cloud.converge(first)
        office.remember(Applied(service=office.cloud.service, environment="prod", commit=site.tip(), when="now"))
        monkeypatch.chdir(office.clone)
        monkeypatch.setenv("GITHUB_API_URL", site.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "contoso/access")
        monkeypatch.setenv("GITHUB_TOKEN", site.token())
        yield office


def calling(verb: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    return in_process(monkeypatch, verb)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    return calling("deliver", monkeypatch)


@pytest.fixture
def rotate(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    return calling("rotate", monkeypatch)


def pulled(office: Office) -> None:
    office.git("pull", "--quiet", "origin", "main")


def test_what_was_applied_is_delivered_and_what_only_was_merged_is_not(
    office: Office,
    run: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    office.merge(office.ask(**{GRANT: grant()}))
    pulled(office)
    assert run() == 0
    assert capsys.readouterr().out == "Nothing to deliver.\n"
    office.converge()
    assert run("--dry-run") == 0
    assert office.cloud.azure.vault("kv-shared").snapshot() == {}
    assert run("--record", str(tmp_path / "record.json")) == 0
    shown = capsys.readouterr().out
    assert f"+ checkout: the key of orders is delivered to kv-shared as {NAME}\n1 key delivered.\n" in shown
    keys = dict(office.cloud.azure.secrets(office.cloud.service, "subscriptions/checkout--orders"))
    assert office.cloud.azure.vault("kv-shared").value(NAME) == keys["primaryKey"]
    assert run("--format", "json") == 0
    told = capsys.readouterr()
    assert [each["action"] for each in json.loads(told.out)["secrets"]] == ["leave"]
    written = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    assert "listSecrets" in caplog.text
    for text in (shown, told.out, told.err, caplog.text, written):
        assert not [key for key in keys.values() if key in text]


def test_what_is_cut_off_is_closed_though_files_say_otherwise(
    office: Office, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge()
    pulled(office)
    assert run() == 0
    known = office.recall().applied
    assert known
    office.remember(known.model_copy(update={"withheld": ("team checkout",)}))
    assert run() == 0
    assert f"- checkout: the key of orders is disabled in kv-shared as {NAME} (cut off)" in capsys.readouterr().out
    assert run() == 0
    assert not office.cloud.azure.vault("kv-shared").find(NAME).latest.enabled


def test_a_secret_of_another_hand_ends_with_4_and_a_refusing_vault_with_1(
    office: Office, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge()
    pulled(office)
    office.cloud.azure.vault("kv-shared").set(NAME, "theirs")
    assert run() == 4
    assert "! checkout: the key of orders is not delivered to" in capsys.readouterr().out
    office.cloud.azure.fault(path="/secrets", status=403, times=None)
    assert run() == 1
    assert "! nothing is known of https://kv-shared.vault.localhost" in capsys.readouterr().out


def test_nothing_is_delivered_by_files_that_nobody_applied(
    office: Office, run: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for it at a desk is believed."""
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge()
    office.forget()
    pulled(office)
    assert run() == 4
    assert "What was applied to prod last is not known" in capsys.readouterr().err
    assert office.cloud.azure.vault("kv-shared").snapshot() == {}
    monkeypatch.delenv("GITHUB_TOKEN")
    assert run() == 2
    assert "--from-files" in capsys.readouterr().err
    assert run("--from-files") == 0
    assert list(office.cloud.azure.vault("kv-shared").snapshot()) == [NAME]


def test_one_grant_is_named_by_its_team_and_a_slip_is_told(
    office: Office, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge()
    pulled(office)
    assert run("--grant", "checkout/order") == 2
    assert "There is no grant 'checkout/order' in prod: did you mean `checkout/orders`?" in capsys.readouterr().err
    assert run("--team", "commerce") == 0
    assert office.cloud.azure.vault("kv-shared").snapshot() == {}
    assert run("--grant", "checkout/orders") == 0
    assert list(office.cloud.azure.vault("kv-shared").snapshot()) == [NAME]


def test_an_address_that_nobody_approved_hears_nothing(office: Office, run: Callable[..., int]) -> None:
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge()
    elsewhere = {"prod": environment(endpoint="https://localhost:1", key_vault="https://kv-theirs.vault.azure.net")}
    office.site.admin_push("main", files({"environments.yaml": elsewhere}), by="pat")
    pulled(office)
    assert run() == 0
    assert list(office.cloud.azure.vault("kv-shared").snapshot()) == [NAME]


@pytest.fixture
def delivered(office: Office, run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> Office:
    """Grant a key to a product that rotates, and deliver it."""
    orders = {"manage": "product", "display_name": "Orders", "environments": ["prod"], "apis": ["orders"]}
    office.merge(office.ask("pat", **{ORDERS: {**orders, "rotation": "30 days"}}))
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge(full=True)
    pulled(office)
    assert run() == 0
    capsys.readouterr()
    return office


def in_days(days: int) -> str:
    return str(datetime.now(UTC).date() + timedelta(days=days))


def test_what_is_due_rotates_and_what_comes_is_said(
    delivered: Office, rotate: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    vault = delivered.cloud.azure.vault("kv-shared")
    first = vault.value(NAME)
    assert rotate("--dry-run", "--as-of", in_days(24)) == 0
    assert capsys.readouterr().out == (
        f"· checkout: the key of orders will be made anew on {in_days(30)}\n"
        "Dry run: 1 key to be made anew within 7 days.\n"
    )
    assert rotate("--as-of", in_days(30), "--record", str(tmp_path / "record.json")) == 0
    assert f"+ checkout: the key of orders is made anew and delivered to kv-shared as {NAME}" in capsys.readouterr().out
    second = vault.value(NAME)
    keys = dict(delivered.cloud.azure.secrets(delivered.cloud.service, "subscriptions/checkout--orders"))
    assert keys == {"primaryKey": first, "secondaryKey": second}
    assert rotate("--as-of", in_days(38), "--format", "json") == 0
    told = capsys.readouterr().out
    assert [(each["action"], each["result"]) for each in json.loads(told)["keys"]] == [("end", "done")]
    keys |= dict(delivered.cloud.azure.secrets(delivered.cloud.service, "subscriptions/checkout--orders"))
    assert first not in keys.values()
    written = (tmp_path / "record.json").read_text()
    assert json.loads(written)["keys"][0]["makes_anew"] == ["secondary"]
    assert not [key for key in (first, *keys.values()) if key in told + written]


def test_an_emergency_needs_to_be_told_whose_key_it_is(
    delivered: Office, rotate: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    vault = delivered.cloud.azure.vault("kv-shared")
    old = dict(delivered.cloud.azure.secrets(delivered.cloud.service, "subscriptions/checkout--orders"))
    assert rotate("--now") == 2
    assert "--now needs --grant TEAM/NAME or --team TEAM" in capsys.readouterr().err
    assert rotate("--now", "--team", "checkout", "--overlap", "2") == 2
    assert "Say --now or --overlap" in capsys.readouterr().err
    assert rotate("--now", "--grant", "checkout/order") == 2
    assert "did you mean `checkout/orders`?" in capsys.readouterr().err
    assert rotate("--now", "--grant", "checkout/orders", "--dry-run") == 0
    assert "would be made anew and delivered to kv-shared" in capsys.readouterr().out
    assert vault.value(NAME) == old["primaryKey"]
    assert rotate("--now", "--grant", "checkout/orders") == 0
    assert "neither of the old ones opens anything any more\n1 key made anew.\n" in capsys.readouterr().out
    new = dict(delivered.cloud.azure.secrets(delivered.cloud.service, "subscriptions/checkout--orders"))
    assert not {*old.values()} & {*new.values()}
    assert vault.value(NAME) == new["secondaryKey"]


def test_how_a_rotation_ends_is_an_exit_code(
    delivered: Office, rotate: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    azure = delivered.cloud.azure
    azure.fault(path="/regenerate", method="POST", status=403, code="AuthorizationFailed", times=None)
    assert rotate("--as-of", in_days(30)) == 1
    assert "was not made anew: making the secondary key of checkout--orders anew: 403" in capsys.readouterr().out
    azure.faults.clear()
    azure.fault(path="/secrets", status=403, times=None)
    assert rotate("--as-of", in_days(30)) == 1
    assert "! nothing is known of https://kv-shared.vault.localhost" in capsys.readouterr().out
    azure.faults.clear()
    azure.vault("kv-shared").update(NAME, "", tags={})
    assert rotate("--as-of", in_days(30)) == 4
    assert "a secret of that name is there and not of this grant" in capsys.readouterr().out


def test_a_revoked_key_stops_in_the_same_apply_and_its_secret_is_closed_and_can_be_opened_again(
    delivered: Office, run: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    azure, record = delivered.cloud.azure, tmp_path / "record.json"
    vault = azure.vault("kv-shared")
    vault.set(NAME, vault.value(NAME), tags=vault.find(NAME).latest.tags)  # two versions
    key = vault.value(NAME)
    assert answered(delivered, key) == 200
    delivered.merge(delivered.ask(**{GRANT: None}), approved_by="olga")
    assert [each.result for each in delivered.converge().done] == ["applied"]
    assert answered(delivered, key) == 401
    pulled(delivered)
    assert run("--record", str(record)) == 0
    (row,) = json.loads(record.read_text())["secrets"]
    assert (row["action"], row["why"], row["result"], row["secret"]) == ("disable", "withdrawn", "done", NAME)
    assert [each.enabled for each in vault.find(NAME).versions.values()] == [False, False]
    assert vault.snapshot()[NAME]["enabled"] is False
    capsys.readouterr()
    delivered.merge(delivered.ask(**{GRANT: grant()}))
    delivered.converge()
    pulled(delivered)
    assert run("--record", str(record)) == 0
    assert json.loads(record.read_text())["secrets"][0]["action"] == "enable"
    assert vault.value(NAME) == key
    assert answered(delivered, key) == 200


def test_a_compromised_key_never_comes_back_and_the_new_one_is_delivered(
    delivered: Office, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the vault is not looked at between, so that its secret never was disabled."""
    vault = delivered.cloud.azure.vault("kv-shared")
    key = vault.value(NAME)
    for looked_at in (True, False):
        delivered.merge(delivered.ask(**{GRANT: grant(revoked="compromised")}), approved_by="olga")
        delivered.converge()
        assert answered(delivered, key) == 401
        if looked_at:
            pulled(delivered)
            assert run() == 0
            assert f"- checkout: the key of orders is disabled in kv-shared as {NAME} (compromised)" in (
                capsys.readouterr().out
            )
        delivered.merge(delivered.ask(**{GRANT: grant()}))
        delivered.converge()
        pulled(delivered)
        assert run() == 0
        assert "is delivered to kv-shared" in (told := capsys.readouterr().out)
        assert "(its keys were made anew)" in told
        assert [answered(delivered, each) for each in (key, vault.value(NAME))] == [401, 200]
        key = vault.value(NAME)
    assert run() == 0
    assert capsys.readouterr().out == "1 secret as it should be.\n"


def answered(office: Office, key: str) -> int:
    """Ask the gateway."""
    return asyncio.run(called(office.cloud.azure, key))
