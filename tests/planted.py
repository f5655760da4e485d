"""A company full of keys in; whatever the tool said, logged and wrote anywhere, searched for each of them, out."""

import base64
import html
import io
import json
import logging
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from cloud import Cloud
from commanded import in_process
from office import GRANT, ORDERS, PEOPLE, Office, files
from on_github import github
from organisations import SERVICE, environment, organisation

from reconciler.emulator import Running
from reconciler.memory import Applied

CALLER = "1a2b0000-0000-0000-0000-000000000000"
VAULT = "kv-shared"
NAMED = 'planted-named&value"+/=<x>'
IN_POLICY = "planted-policy-secret-0042"
IN_FRAGMENT = "0123456789abcdef0123456789ABCDEF"
THEIRS = "planted vault secret: théirs"
TOKENS = {
    "RECONCILER_SERVE_TOKEN": "planted-serve-token-0123456789abcdef0123",
    "RECONCILER_MCP_TOKEN": "planted-mcp-token-0123456789abcdef01234",
    "ACTIONS_RUNTIME_TOKEN": "planted-runtime-token",
}
_HEADER = '<set-header name="x-backend-key" exists-action="override"><value>{}</value></set-header>'
_POLICY = "<policies><inbound><base />{}</inbound></policies>"
_SHORTEST = 8  # bytes of base64 that are still somebody's


@dataclass
class Planted:
    """The company, and everything that nobody may ever see."""

    office: Office
    running: Running
    root: Path
    secrets: set[str] = field(default_factory=set)
    said: list[tuple[str, str]] = field(default_factory=list)

    def learn(self) -> None:
        """Look which keys there are by now."""
        for service in self.running.azure.services.values():
            for entity in service.collections[("subscriptions",)].values():
                self.secrets |= {each for each in entity.secrets.values() if each}
        for secret in self.running.azure.vault(VAULT).live.values():
            self.secrets |= {version.value for version in secret.versions.values()}
        self.secrets |= set(self.office.site.tokens)

    def shown(self) -> list[str]:
        """Name the commands in whose output or log something was found."""
        self.learn()
        needles = self._needles()
        return [f"{what}: {found}" for what, text in self.said if (found := found_in(text.encode(), needles))]

    def kept(self) -> list[str]:
        """Name each place where something was written down: files, git's objects, what GitHub and Azure were told."""
        self.learn()
        needles, site = self._needles(), self.office.site
        places = {str(path.relative_to(self.root)): path for path in self.root.rglob("*") if path.is_file()}
        held = {name: path.read_bytes() for name, path in places.items()}
        for folder in (self.office.clone, site.bare.folder):
            held[f"git objects of {folder.name}"] = objects(folder)
        held["what GitHub was told"] = repr((site.threads, site.pulls, site.checks, site.asked)).encode()
        told = {path: each for path, each in self.running.azure.snapshot(SERVICE).items() if "olic" not in path}
        held["what Azure was told"] = json.dumps(told, ensure_ascii=False).encode()
        held["the vault, but for values"] = repr(
            [
                (secret.name, version.tags, version.content_type)
                for secret in self.running.azure.vault(VAULT).live.values()
                for version in secret.versions.values()
            ]
        ).encode()
        assert len(held) > 40
        return [f"{what}: {found}" for what, text in held.items() if (found := found_in(text, needles))]

    def _needles(self) -> Mapping[bytes, str]:
        return {needle: secret for secret in self.secrets for needle in spellings(secret)}


def found_in(text: bytes, needles: Mapping[bytes, str]) -> str:
    return next((f"{secret!r} as {needle!r}" for needle, secret in needles.items() if needle in text), "")


def spellings(secret: str) -> set[bytes]:
    """Spell a secret as files and protocols do."""
    plain = secret.encode()
    found = {
        plain,
        plain.lower(),
        plain.upper(),
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
        json.dumps(secret)[1:-1].encode(),
        json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        html.escape(secret).encode(),
        html.escape(secret, quote=False).encode(),
        repr(secret)[1:-1].encode(),
        plain.hex().encode(),
    }
    for shift in range(3):  # in base64 it looks otherwise after one or two bytes of something else
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            inside = encode(b"\0" * shift + plain).rstrip(b"=")[-(-shift * 8 // 6) :][:-1]
            found |= {inside} if len(inside) >= _SHORTEST else set()
    return found


def objects(repository: Path) -> bytes:
    """Give everything that a repository holds, unpacked."""
    command = ["git", "cat-file", "--batch-all-objects", "--batch"]
    done = subprocess.run(command, cwd=repository, check=True, capture_output=True, timeout=60)  # noqa: S603
    assert done.stdout
    return done.stdout


class Remembering:
    """Signs as another does, and knows what it signed."""

    def __init__(self, signer: Any, signed: set[str]) -> None:
        self._signer, self._signed = signer, signed

    def sign(self, claims: Mapping[str, Any], *, published: bool) -> str:
        token = str(self._signer.sign(claims, published=published))
        self._signed |= {token, token.rpartition(".")[2]}
        return token

    def __getattr__(self, name: str) -> Any:
        return getattr(self._signer, name)


@contextmanager
def planted(running: Running, root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planted]:
    """Begin the company, with a home of its own."""
    vault = f"https://{VAULT}.vault.localhost:{running.url.rpartition(':')[2]}"
    orders = {"manage": "product", "display_name": "Orders", "environments": ["prod"], "apis": ["orders"]}
    orders |= {"rotation": "30 days", "credentials": "key or token", "oauth": {"audience": "api://orders"}}
    people = {**PEOPLE, "guardrails.yaml": {"platform_team": "platform", "revocation_grace": "0 days"}}
    first = organisation(
        **people,
        **{
            GRANT: None,
            ORDERS: orders,
            "environments.yaml": {"prod": environment(endpoint=running.url, key_vault=vault)},
        },
    )
    azure = running.azure
    secrets = {NAMED, IN_POLICY, IN_FRAGMENT, THEIRS, *TOKENS.values()}
    azure.tokens.signer = Remembering(azure.tokens.signer, secrets)  # type: ignore[assignment]
    secrets |= {Path(running.environment["AZURE_FEDERATED_TOKEN_FILE"]).read_text()}
    secrets |= {running.environment[name] for name in ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "IDENTITY_HEADER")}
    with github({name: text for name, text in files(first).items() if text}) as site:
        office = Office(site, root / "clone", Cloud(azure=azure))
        site.clone(office.clone, by="pat")
        office.cloud.seed(_seeds())
        azure.vault(VAULT).set("theirs", THEIRS)
        office.cloud.converge(first)
        office.remember(Applied(service=SERVICE, environment="prod", commit=site.tip(), when="now"))
        for name, value in {**running.environment, **TOKENS, **_home(root)}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("GITHUB_API_URL", site.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "contoso/access")
        monkeypatch.setenv("GITHUB_TOKEN", site.token())
        caller = azure.token(CALLER, audience="api://orders", published=True)
        monkeypatch.setenv("CALLER", caller)
        monkeypatch.chdir(office.clone)
        yield Planted(office, running, root, secrets)


def _home(root: Path) -> dict[str, str]:
    """Let whatever is written somewhere be written here."""
    names = {"HOME": "home", "XDG_CACHE_HOME": "home/cache", "XDG_CONFIG_HOME": "home/config", "TMPDIR": "tmp"}
    for each in names.values():
        (root / each).mkdir(parents=True, exist_ok=True)
    return {name: str(root / each) for name, each in names.items()}


def _seeds() -> dict[str, dict[str, Any]]:
    apis = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
    header = _POLICY.format(_HEADER.format(IN_POLICY))
    return {
        **apis,
        "apis/orders/operations/list": {"displayName": "List", "method": "GET", "urlTemplate": "/"},
        "namedValues/backend-key": {"displayName": "backend-key", "value": NAMED, "secret": True},
        "policies/policy": {"value": header.replace("<base />", "")},
        "apis/orders/policies/policy": {"value": header},
        "policyFragments/careless": {"value": f"<fragment>{_HEADER.format(IN_FRAGMENT)}</fragment>"},
        "subscriptions/old-erp": {"scope": "/products/starter", "displayName": "Old ERP", "state": "active"},
    }


class Reconciler:
    """Runs the tool in this process, logs everything, and keeps what it said."""

    def __init__(self, here: Planted, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._here, self._run, self._capfd = here, in_process(monkeypatch), capfd

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Give exit code and standard output."""
        logged = io.StringIO()
        handler = logging.StreamHandler(logged)
        root, level = logging.getLogger(), logging.getLogger().level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        self._capfd.readouterr()
        try:
            code = self._run(*arguments)
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        out, err = self._capfd.readouterr()
        assert "Traceback" not in out + err
        assert "mistake in reconciler itself" not in err, err
        self._here.said.append((" ".join(arguments), f"{out}\n{err}\n{logged.getvalue()}"))
        self._err = err
        return code, out

    def well(self, *arguments: str, code: int = 0) -> str:
        """Run what must end like this, and give what it printed."""
        ended, out = self(*arguments)
        assert ended == code, f"{arguments}: {ended}\n{out}\n{self._err}"
        return out
