"""`reconciler deliver` as a workflow runs it: GitHub, the service and its vaults over TLS, what was applied."""

import json
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from checked import checked
from cloud import Cloud
from office import GRANT, PEOPLE, Office, files, grant
from on_github import github
from organisations import environment, organisation

from reconciler.__main__ import main
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


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["reconciler", "deliver", *arguments])
        try:
            return int(main() or 0)  # type: ignore[func-returns-value]
        except SystemExit as ended:
            return int(ended.code or 0)

    return call


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
