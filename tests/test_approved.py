"""Verbs that go by the environments.yaml that was approved, one by one, and that every workflow asks them to."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from calls import nobody_calls
from checked import checked
from cloud import Cloud
from commanded import in_process
from office import GRANT, KEY, PEOPLE, Office, files, grant
from on_github import github
from organisations import SERVICE, environment, organisation

from reconciler.document import parse
from reconciler.emulator import Azure, Certificates, serve
from reconciler.errors import FINE, INVALID, WRONG_USAGE
from reconciler.github_files import github_files
from reconciler.memory import Applied

ALWAYS = {"converge", "deliver", "probe", "rotate"}  # by these alone, whatever is asked
VERBS = {
    "plan": ("plan", "--exit-code"),
    "plan of a branch": ("plan", "--since", "HEAD~1"),
    "drift": ("drift", "--exit-code"),
    "cut": ("cut", "--team", "checkout", "--reason", "A stolen laptop", "--yes"),
    "lift": ("cut", "--lift", "team checkout", "--yes"),
}
SAYS = {"lift": WRONG_USAGE}  # nothing is cut off, which only the service can say
Run = Callable[..., int]


@pytest.fixture
def office(tmp_path: Path, certified: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Begin a company in which a grant is in force."""
    azure = Azure()
    with serve(azure, app=checked(azure), certified=certified) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        places = {"prod": environment(endpoint=running.url, mode="enforce")}
        first = organisation(**PEOPLE, **{GRANT: grant(), "environments.yaml": places})
        with github({name: text for name, text in files(first).items() if text}) as site:
            office = Office(site, tmp_path / "clone", Cloud(azure=azure))
            site.clone(office.clone, by="pat")
            office.cloud.seed({f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")})
            office.cloud.converge(first)
            office.remember(Applied(service=SERVICE, environment="prod", commit=site.tip(), when="now"))
            monkeypatch.chdir(office.clone)
            monkeypatch.setenv("GITHUB_API_URL", site.url)
            monkeypatch.setenv("GITHUB_REPOSITORY", "contoso/access")
            monkeypatch.setenv("GITHUB_TOKEN", site.token())
            monkeypatch.setenv("RECONCILER_AS_OF", "2026-11-23")
            yield office


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    return in_process(monkeypatch)


def pushed(office: Office, places: Any) -> None:
    """Push past every rule, and something else after it, and check it out, as a workflow does."""
    for each in ({"environments.yaml": places}, {GRANT: grant(reason="For longer")}):
        office.site.admin_push("main", files(each), by="pat")
    office.git("pull", "--quiet", "origin", "main")


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_speaks_to_what_was_pushed(verb: str, office: Office, run: Run) -> None:
    with nobody_calls() as elsewhere:
        pushed(office, {"prod": environment(endpoint=elsewhere), "mirror": environment(endpoint=elsewhere)})
        office.cloud.azure.log.clear()
        assert run(*VERBS[verb], "--approved") == SAYS.get(verb, FINE)
        spoken_to = [each.path for each in office.cloud.azure.log.entries if "/service/" in each.path]
        assert {path.lower()[: len(SERVICE)] for path in spoken_to} == {SERVICE.lower()}


@pytest.mark.parametrize("places", [None, {"mirror": environment(service=f"{SERVICE}-mirror")}])
@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_leaves_out_what_was_dropped(verb: str, places: Any, office: Office, run: Run) -> None:
    pushed(office, places)
    assert run(*VERBS[verb], "--approved", "--environment", "prod") == SAYS.get(verb, FINE)
    assert office.cloud.state()[KEY]["state"] == ("suspended" if verb == "cut" else "active")


def test_the_matrix_names_what_was_approved(office: Office, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("environments", "--json") == FINE
    approved = capsys.readouterr().out
    pushed(office, {"mirror": environment(service=f"{SERVICE}-mirror")})
    assert run("environments", "--json", "--approved") == FINE
    assert capsys.readouterr().out == approved
    assert run("environments", "--json") == FINE
    assert "mirror" in capsys.readouterr().out


def test_what_a_pull_request_makes_of_environments_is_still_seen(
    office: Office, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is not read in the place of what the change itself says."""
    office.git("switch", "--quiet", "-c", "more")
    name = office.clone / "access/environments.yaml"
    places = parse("environments.yaml", name.read_bytes())
    places["test"] = {**places["prod"], "service": f"{SERVICE}-test"}
    name.write_text(str(files({"e": places})["access/e"]))
    office.git("-c", "user.name=p", "-c", "user.email=p@x", "commit", "--quiet", "-am", "More")
    assert run("plan", "--since", "origin/main", "--approved") == FINE
    assert "test is new: it is spoken to when this is merged" in capsys.readouterr().err


def test_at_a_desk_the_folder_is_believed(office: Office, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs no GitHub; and whoever asks for what was approved is told what that takes."""
    monkeypatch.delenv("GITHUB_TOKEN")
    assert run("plan", "--exit-code") == run("drift", "--exit-code") == FINE
    assert run("plan", "--approved") == WRONG_USAGE
    (office.clone / "access/environments.yaml").unlink()
    assert run("plan") == INVALID


def test_every_workflow_with_an_identity_asks_for_what_was_approved() -> None:
    found = []
    for path, text in github_files().items():
        jobs = re.split(r"^  (?=[a-z]+:$)", text.partition("\njobs:\n")[2], flags=re.MULTILINE)
        for job in jobs:
            calls = re.findall(r"reconciler ([a-z]+)([^\n]*)", job)
            matrix = [call for call in calls if call[0] == "environments"]
            for verb, rest in calls if "id-token: write" in job else matrix:
                found.append(verb)
                asks = "--approved" in rest or ("${arguments[@]}" in rest and "arguments=(--approved " in job)
                assert verb in ALWAYS or asks, f"{path}: {verb}{rest}"
    assert set(found) == {*ALWAYS, "backstage", "cut", "drift", "environments", "plan"}
