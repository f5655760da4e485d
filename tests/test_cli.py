"""The command line end to end: real files, the real client and its default credential, the emulator over TLS."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from checked import checked
from commanded import Said
from organisations import SERVICE, TENANT, environment, organisation

from reconciler.emulator import Azure, Running, serve
from reconciler.memory import NAME

APIS = {f"apis/{api}": {"displayName": api, "path": api} for api in ("orders", "refunds")}
GRANT = "checkout/grants/orders.yaml"


Run = Callable[..., Said]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    azure = Azure()
    with serve(azure, app=checked(azure)) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, running: Running) -> Path:
    running.azure.seed(SERVICE, APIS, fresh=True)
    running.azure.log.clear()
    write(tmp_path, here(running))
    return tmp_path


def here(running: Running, **more: Any) -> dict[str, Any]:
    return organisation(**{"environments.yaml": {"prod": environment(endpoint=running.url)}, **more})


def write(folder: Path, contents: dict[str, Any]) -> None:
    for old in (folder / "access").rglob("*.*"):
        old.unlink()
    for path, value in contents.items():
        file = folder / "access" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")


@pytest.fixture
def run(folder: Path, running: Running, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the tool as a user does: a process of its own, which finds its credential in its environment."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))

    def call(*arguments: str) -> Said:
        command = [sys.executable, "-m", "reconciler", *arguments]
        wide = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        done = subprocess.run(  # noqa: S603
            command, env={**wide, **running.environment}, capture_output=True, text=True, check=False, timeout=60
        )
        assert "Traceback" not in done.stdout + done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    return call


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)  # noqa: S603, S607


def test_plan_apply_plan_again(run: Run, running: Running) -> None:
    planned = run("plan")
    assert planned.code == 0
    assert "+ checkout gains orders in prod: key, until 2027-06-30" in planned.out
    assert "checkout reads the key with: az rest --method post" in planned.out
    assert running.azure.log.writes == 0
    assert run("plan", "--exit-code").code == 10
    applied = run("apply", "--yes")
    assert (applied.code, "Applied: 3 done." in applied.out) == (0, True)
    again = run("plan", "--exit-code")
    assert (again.code, "No changes." in again.out) == (0, True)


@pytest.mark.story
def test_a_service_is_looked_at_adopted_and_watched(run: Run, running: Running, folder: Path) -> None:
    for old in (folder / "access").rglob("*.*"):
        old.unlink()
    key = {"scope": "/products/starter", "displayName": "Shop", "state": "active"}
    running.azure.seed(SERVICE, {"subscriptions/s": key, "subscriptions/all": {**key, "scope": "/apis"}})
    looked = run("audit", SERVICE, "--endpoint", running.url, "--html", "audit.html", "--exit-code")
    assert (looked.code, "key-for-all-apis" in looked.out) == (10, True)
    assert "Who reaches what" in (folder / "audit.html").read_text()
    assert run("audit", SERVICE, "--endpoint", running.url, "--format", "sarif").json["version"] == "2.1.0"
    adopted = run("adopt", "--environment", "prod", "--service", SERVICE, "--endpoint", running.url)
    assert (adopted.code, "Named now: 3 APIs, 2 products" in adopted.out) == (0, True)
    assert "key-for-all-apis" not in (folder / "access/ADOPTION.md").read_text()
    assert run("validate").code == 0
    assert "No changes." in run("plan", "--exit-code").out
    assert f'id = "{SERVICE}/products/starter"' in run("leave").out
    live = run("validate", "--live", "--format", "github")
    assert (live.code, "::warning file=access/unowned/grants/every-api-shop.yaml" in live.out) == (0, True)
    scanned = run("validate", "--live", "--format", "sarif").json["runs"][0]["results"]
    places = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in scanned}
    assert "access/unowned/grants/every-api-shop.yaml" in places
    assert run("adopt", "--status", "--format", "json").json["teams"][-1]["keys"] == 4
    assert "Nothing new" in run("adopt").out
    assert "Everything governed is as it was applied." in run("drift", "--exit-code").out
    running.azure.seed(SERVICE, {"products/starter/apis/orders": {}})
    drifted = run("drift", "--exit-code", "--format", "json")
    found = [(each["name"], each["product"]) for each in drifted.json["drift"][0]["differences"]]
    assert (drifted.code, found) == (10, [(["starter", "orders"], "starter")])
    (folder / "drift.json").write_text(drifted.out)
    (folder / "plan.json").write_text(run("plan", "--format", "json").out)
    told = run("remind", "--drift", "drift.json", "--plan", "plan.json", "--dry-run")
    assert (told.code, told.err) == (0, "1 thing can be told to nobody: name a `platform_team` in guardrails.yaml.\n")
    assert "product-api starter/orders added: changed by another hand" in run("drift").out
    assert running.azure.log.writes == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audit", "apim-prod"], "resource id"),
        (["adopt", "--environment", "prd"], "There is no environment 'prd'"),
        (["adopt", "--environment", "new", "--service", "apim"], "resource id"),
        (["adopt", "--service", f"{SERVICE}-other"], "leave --service out"),
        (["drift", "--environment", "prd"], "There is no environment 'prd'"),
        (["validate", "--format", "sarif"], "add --live"),
        (["audit", SERVICE, "--environment", "prod"], "not both"),
        (["leave", "--output", "nowhere/import.tf"], "nowhere/import.tf: No such file or directory"),
        (["plan", "--output", "nowhere/plan.md"], "nowhere/plan.md: No such file or directory"),
        (["leave", "--environment", "prd"], "There is no environment 'prd'"),
        (["adopt", "--terraform-state", "access/environments.yaml"], "no Terraform state"),
        (["adopt", "--terraform-state", "nowhere"], "cannot be read"),
    ],
)
def test_what_was_not_meant_like_this_is_said_plainly(run: Run, arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert (done.code, said in done.err) == (2, True), done.err


WRONG = {
    "checkout/grants/nowhere.yaml": ("environments: [prod]\nkey: true\nreason: x\n", "there is no product"),
    "environments.yaml": ("prod: {servce: x}", "unknown key `servce`"),
}


@pytest.mark.parametrize("verb", ["adopt", "audit -e prod", "drift", "leave", "validate --live"])
@pytest.mark.parametrize("path", WRONG)
def test_nothing_is_built_on_files_that_are_wrong(run: Run, folder: Path, verb: str, path: str) -> None:
    content, said = WRONG[path]
    (folder / "access" / path).write_text(content)
    before = {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    done = run(*verb.split())
    assert (done.code, said in done.err) == (3, True), done.err
    assert {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()} == before


def test_a_folder_with_nothing_but_a_ledger_is_empty(run: Run, folder: Path, running: Running) -> None:
    for old in (folder / "access").rglob("*.*"):
        old.unlink()
    (folder / "access/.adopted").mkdir()
    (folder / "access/.adopted/prod.txt").write_text("")
    adopted = run("adopt", "-e", "prod", "--service", SERVICE, "--endpoint", running.url)
    assert adopted.code == 0, adopted.err


def test_what_other_hands_named_cannot_steer_the_terminal(run: Run, running: Running) -> None:
    running.azure.seed(
        SERVICE, {"groups/\x1b[31mred": {"displayName": "Red"}, "products/\x1b[2J": {"displayName": "P"}}
    )
    done = run("drift")
    assert (done.code, "\x1b" in done.out, "\\x1b[2J" in done.out) == (0, False, True)


@pytest.mark.story
def test_what_git_remembers_is_taken_back(run: Run, folder: Path, running: Running) -> None:
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    run("apply", "--yes")
    (folder / "access" / GRANT).unlink()
    assert "No changes." in run("plan").out
    planned = run("plan", "--previous", "HEAD")
    assert "- checkout loses orders in prod: key suspended, deleted on " in planned.out
    assert run("apply", "--yes", "--previous", "HEAD").code == 0
    assert running.azure.snapshot(SERVICE)["subscriptions/checkout--orders"]["state"] == "suspended"


def test_an_unknown_revision_is_said_plainly(run: Run) -> None:
    git("init", "-q")
    said = run("plan", "--previous", "nowhere")
    assert said.code != 0
    assert "nowhere" in said.err


@pytest.mark.story
def test_apply_takes_the_plan_that_was_reviewed_or_nothing(run: Run, running: Running) -> None:
    fingerprint = run("plan", "--format", "json").json["plans"][0]["fingerprint"]
    running.azure.log.clear()
    stale = run("apply", "--expect", "0123456789abcdef")
    assert (stale.code, running.azure.log.writes) == (4, 0)
    assert f"The plan is now {fingerprint}" in stale.err
    assert run("apply", "--expect", fingerprint).code == 0


@pytest.mark.story
def test_many_removals_need_somebody_to_say_so(run: Run, folder: Path, running: Running) -> None:
    grants = {
        f"checkout/grants/g{index}.yaml": {
            "environments": ["prod"],
            "product": "orders",
            "component": f"c{index}",
            "key": True,
            "reason": "r",
            "expires": "2027-06-30",
        }
        for index in range(6)
    }
    write(folder, here(running, **grants))
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "many")
    run("apply", "--yes")
    write(folder, here(running))
    running.azure.log.clear()
    refused = run("apply", "--yes", "--previous", "HEAD")
    assert (refused.code, running.azure.log.writes) == (4, 0)
    fingerprint = refused.err.rsplit("--allow ", 1)[1].split()[0]
    assert "! prod: this plan would remove" in run("plan", "--previous", "HEAD").err
    assert run("apply", "--previous", "HEAD", "--allow", fingerprint).code == 0


@pytest.mark.story
def test_json_follows_the_published_schema_and_carries_the_outcomes(run: Run) -> None:
    schema = json.loads((Path(__file__).parents[1] / "schemas" / "plan.json").read_text())
    planned = run("plan", "--format", "json").json
    applied = run("apply", "--yes", "--format", "json").json
    for each in (planned, applied):
        jsonschema.validate(each, schema)
    assert {change["result"] for change in applied["plans"][0]["written"]["changes"]} == {"done"}


def test_no_key_is_ever_printed(run: Run, running: Running) -> None:
    said = [run("plan"), run("apply", "--yes", "--format", "json"), run("plan", "--format", "markdown")]
    keys = running.azure.secrets(SERVICE, "subscriptions/checkout--orders")
    assert keys
    for key in keys.values():
        assert all(key not in each.out + each.err for each in said)


def test_a_failed_change_ends_with_1_and_the_next_run_goes_on(run: Run, running: Running) -> None:
    running.azure.fault(
        method="PUT", path="/subscriptions/checkout--orders", times=1, status=400, code="ValidationError"
    )
    said = run("apply", "--yes")
    assert said.code == 1
    assert "failed: + subscription checkout--orders: creating subscription checkout--orders: 400 Validation" in said.out
    assert run("apply", "--yes").code == 0


def test_azure_that_denies_ends_with_5_and_names_the_way_out(run: Run, running: Running) -> None:
    running.azure.fault(method="GET", path="/products", status=403, code="AuthorizationFailed", times=1)
    said = run("plan")
    assert said.code == 5
    assert "reading products of apim-test: 403 AuthorizationFailed" in said.err
    assert "reconciler permissions" in said.err
    running.azure.faults.clear()


def test_wrong_usage_ends_with_2(run: Run, folder: Path, running: Running) -> None:
    assert run("plan", "--environment", "prd").code == 2
    assert run("nothing").code == 2
    both = {"prod": environment(endpoint=running.url), "dev": environment(endpoint=running.url, variables={"a": "b"})}
    write(folder, here(running, **{"environments.yaml": both}))
    assert "--environment prod or dev" in run("apply").err


def test_output_goes_to_a_file_without_colour(run: Run, folder: Path) -> None:
    assert run("plan", "--output", "plan.txt").out == ""
    text = (folder / "plan.txt").read_text()
    assert "checkout gains orders" in text
    assert "\x1b" not in text


def test_init_makes_a_repository_that_is_valid_and_overwrites_nothing(run: Run, folder: Path) -> None:
    made = run("init", "new", "--team", "web-shop")
    assert made.code == 0
    assert run("validate", "--access", "new/access").code == 0
    assert "is already there" in run("init", "new").err
    assert (folder / "new/schemas/grant.json").exists()
    assert run("init", "other", "--team", "No Team").code == 2


def test_kinds_permissions_and_schemas_are_printed(run: Run) -> None:
    assert {"kind", "path", "read", "written", "taken back"} == set(run("kinds", "--format", "json").json[0])
    assert "subscriptions/{}" in run("kinds").out
    role = run("permissions", "apply").json
    assert "Microsoft.ApiManagement/service/subscriptions/write" in role["Actions"]
    assert "Microsoft.ApiManagement/service/apis/write" not in role["Actions"]
    assert not [action for action in role["Actions"] if "listSecrets" in action]
    assert role["AssignableScopes"] == [SERVICE]
    assert run("schema").code == 0
    assert run("schema", "--check").code == 0


@pytest.mark.parametrize(
    "verb",
    [
        "validate",
        "audit",
        "adopt",
        "drift",
        "plan",
        "apply",
        "doctor",
        "cut",
        "probe",
        "init",
        "schema",
        "kinds",
        "permissions",
        "emulate",
        "demo",
        "",
    ],
)
def test_help_teaches_and_needs_no_azure(verb: str) -> None:
    code = (
        "import sys; sys.argv = ['reconciler', *sys.argv[1:]]\n"
        "from reconciler.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "assert not [name for name in sys.modules if name.startswith('azure')], 'azure is imported'\n"
    )
    arguments = [verb, "--help"] if verb else ["--help"]
    said = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    assert said.returncode == 0, said.stderr
    assert "Usage: reconciler" in said.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_finishes_what_runs_and_says_what_was_not_done(folder: Path, running: Running) -> None:
    running.azure.fault(method="PUT", path=".*", times=100, delay=0.5)
    command = [sys.executable, "-m", "reconciler", "apply", "--yes"]
    process = subprocess.Popen(  # noqa: S603
        command, cwd=folder, env={**os.environ, **running.environment}, stdout=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 20
        while running.azure.log.reads < 7 and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        running.azure.faults.clear()
    assert process.returncode == 1
    assert "not tried" in out
    assert "done" in out


@pytest.mark.story
def test_the_demo_runs_to_its_end_and_shows_an_empty_plan(run: Run) -> None:
    said = run("demo")
    assert said.code == 0
    assert "6. Planned again: 0 changes, 0 writes." in said.out
    assert "7. One grant was removed from git: 2 changes, 2 writes." in said.out
    assert "8. At the gateway: 200 for the key and 200 for the token while it was granted, 401 for the key" in said.out
    assert "401 for the key and 403 for the token at once when it was not." in said.out
    assert "9. Above its tier, of 30 calls a minute, it was told 429." in said.out
    before, granted, ended = re.split(r"^\$ curl .*$", said.out, flags=re.MULTILINE)[1:]
    assert re.findall(r"^  (\d{3})  ", before, re.MULTILINE) == ["401", "401", "401"]
    assert re.findall(r"^  (\d{3})  ", granted, re.MULTILINE) == ["401", "200", "200", "403", "429"]
    assert re.findall(r"^  (\d{3})  ", ended, re.MULTILINE) == ["401", "401", "403", "403"]
    assert said.out.count("Applied: ") == 2


def test_without_a_credential_the_way_out_is_named_and_nothing_else_is_said(folder: Path, running: Running) -> None:
    lost = {**os.environ, **running.environment, "AZURE_FEDERATED_TOKEN_FILE": "nowhere"}
    lost["AZURE_TOKEN_CREDENTIALS"] = "WorkloadIdentityCredential"
    command = [sys.executable, "-m", "reconciler", "plan"]
    said = subprocess.run(command, cwd=folder, env=lost, capture_output=True, text=True, check=False)  # noqa: S603
    assert said.returncode == 5
    assert "az login" in said.stderr
    assert len(said.stderr.splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is full")
def test_a_full_disk_is_said_in_words(folder: Path, running: Running) -> None:
    command = [sys.executable, "-m", "reconciler", "plan", "--output", "/dev/full"]
    told = {**os.environ, **running.environment}
    said = subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, check=False)  # noqa: S603
    assert said.returncode == 1
    assert said.stderr.startswith("No space left on device: not all could be written here. Make room, and run again.")
    assert "mistake" not in said.stderr


@pytest.mark.story
def test_adopting_goes_on_where_it_was_stopped(run: Run, running: Running) -> None:
    running.azure.fault(method="GET", path="/products/orders", status=403, times=None)
    running.azure.seed(SERVICE, {**APIS, "products/orders": {"displayName": "Orders"}}, fresh=True)
    assert run("adopt").code == 5
    running.azure.faults.clear()
    again = run("adopt")
    assert (again.code, "Going on where a run was stopped: " in again.err) == (0, True)
    assert "Going on" not in run("adopt").err


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_while_reading_says_that_nothing_was_written(folder: Path) -> None:
    azure = Azure()
    azure.fault(method="GET", path=".*", times=100, delay=1.0)
    with serve(azure) as slow:  # its own: what it answers late is in no other test's log
        write(folder, here(slow))
        command = [sys.executable, "-m", "reconciler", "plan"]
        process = subprocess.Popen(  # noqa: S603
            command, cwd=folder, env={**os.environ, **slow.environment}, stderr=subprocess.PIPE, text=True
        )
        try:
            deadline = time.monotonic() + 20
            while not azure.log.token_requests and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 130
    assert err.strip() == "Stopped before anything was written to Azure."


@pytest.mark.story
def test_a_branch_plans_what_it_changes_and_nothing_that_others_merged_since(run: Run, running: Running) -> None:
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    assert run("apply", "--yes").code == 0
    git("checkout", "-qb", "asks")
    Path("access/checkout/grants/orders.yaml").unlink()
    git("commit", "-qam", "given back")
    git("checkout", "-q", "main")
    Path("access/commerce/apis.yaml").write_text('[{"api": "orders"}]')
    git("commit", "-qam", "others")
    git("checkout", "-q", "asks")
    running.azure.log.clear()
    running.azure.seed(SERVICE, {"products/orders": {"displayName": "Clicked", "state": "published"}})
    said = run("plan", "--since", "main", "--format", "json")
    assert said.code == 0, said.err
    (plan,) = said.json["plans"]
    assert [(change["kind"], change["name"]) for change in plan["written"]["changes"]] == [
        ("subscription", ["checkout--orders"])
    ]
    assert plan["scoped"] is True
    assert len(running.azure.log.entries) <= 12
    assert "Planned for what these declarations change" in run("plan", "--since", "main").out
    assert run("plan", "--since", "main", "--previous", "main").code == 2
    assert "git knows no such revision" in run("plan", "--since", "nowhere").err
    assert run("apply", "--yes", "--since", "main").code == 0
    assert run("plan", "--since", "HEAD", "--exit-code").code == 0


@pytest.mark.story
def test_a_change_is_told_what_entra_knows_of_the_ids_it_names_and_drift_of_all(run: Run, running: Running) -> None:
    azure, group = running.azure, "5f0c0000-0000-0000-0000-000000000001"
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    assert run("apply", "--yes").code == 0
    assert (run("plan", "--since", "main").code, run("drift").code, azure.log.at("graph")) == (0, 0, [])
    team = {"display_name": "Checkout", "entra_group": group}
    Path("access/checkout/team.yaml").write_text(json.dumps(team, indent=1))
    unknown = f"access/checkout/team.yaml:3:17: Entra knows no group {group} in tenant {TENANT}"
    said = run("plan", "--since", "main", "--format", "json")
    assert [each.startswith(unknown) for each in said.json["plans"][0]["warnings"]] == [True], said.err
    assert len(azure.log.at("graph")) == 1
    assert "! " + unknown in run("drift").out
    drifted = run("drift", "--format", "json").json["drift"][0]["entra"]
    assert [(each["team"], each["id"]) for each in drifted["findings"]] == [("checkout", group)]
    elsewhere = environment(endpoint="https://127.0.0.1:1", tenant=TENANT.replace("7", "8"))
    kept = Path("access/environments.yaml").read_text()
    Path("access/environments.yaml").write_text(json.dumps({"prod": elsewhere}))
    assert f"{unknown}: nobody would be in it" in run("plan", "--since", "main").out  # no change says whom to ask
    Path("access/environments.yaml").write_text(kept)
    azure.directory.add_group("SG-Checkout", group)
    try:
        assert "Entra calls this group `SG-Checkout`" in run("plan", "--since", "main").out
        assert "Entra" not in run("drift").out
        asked = len(azure.log.at("graph"))
        assert "Entra" not in run("plan").out
        Path("access/checkout/team.yaml").write_text(json.dumps({**team, "description": "Sells"}))
        git("commit", "-qam", "two")
        git("checkout", "-qb", "asks")
        Path("access/checkout/grants/orders.yaml").unlink()
        assert "Entra" not in run("plan", "--since", "main").out
        assert len(azure.log.at("graph")) == asked
        azure.applications.plant(
            running.environment["AZURE_CLIENT_ID"], {"roles": {"https://graph.microsoft.com": ["User.Read.All"]}}
        )
        denied = run("drift")
        assert denied.code == 0
        assert "was not looked at: this identity may not (optional: give this identity Microsoft" in denied.out
        assert "GroupMember.Read.All" in denied.out
    finally:
        azure.directory.clear()
        azure.applications.clear()


@pytest.mark.story
def test_a_grant_whose_application_entra_does_not_know_is_warned_of_at_its_line(run: Run, running: Running) -> None:
    azure, gone, known, off = running.azure, *(f"1a2b0000-0000-0000-0000-00000000000{number}" for number in range(3))
    company = here(running)
    company["commerce/products/orders.yaml"] |= {"credentials": "token", "oauth": {"audience": "api://orders"}}
    company[GRANT] = {**company[GRANT], "key": False, "clients": [known]}
    write(Path(), company)
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    azure.directory.add_application("web-shop", known)
    azure.directory.add_application("old-shop", off, accountEnabled=False)
    try:
        assert run("apply", "--yes").code == 0
        git("checkout", "-qb", "asks")
        Path(f"access/{GRANT}").write_text(json.dumps({**company[GRANT], "clients": [known, off, gone]}, indent=1))
        azure.log.clear()
        said = run("plan", "--since", "main", "--format", "json")
        assert [each.partition(" in ")[0] for each in said.json["plans"][0]["warnings"]] == [
            f"access/{GRANT}:10:3: application {off} (`old-shop`) is disabled",
            f"access/{GRANT}:11:3: Entra knows no application {gone}",
        ], said.err
        assert (len(azure.log.entries) <= 12, len(azure.log.at("graph"))) == (True, 1)
        assert f"! access/{GRANT}:11:3: Entra knows no application {gone}" in run("drift").out
    finally:
        azure.directory.clear()


@pytest.mark.story
def test_who_must_approve_is_said_of_a_branch(run: Run, running: Running) -> None:
    rules = {"guardrails.yaml": {"platform_team": "commerce"}}
    reviewed = {"display_name": "Commerce", "reviewers": ["olga"]}
    write(Path(), here(running, **rules, **{"commerce/team.yaml": reviewed}))
    git("init", "-q", "-b", "main")
    assert run("approvals", "--since", "main").code == 1  # no commit yet
    git("add", ".")
    git("commit", "-qm", "one")
    assert "Nobody needs to approve this" in run("approvals", "--since", "main").out
    grant = Path("access/checkout/grants/orders.yaml")
    grant.write_text(grant.read_text().replace("2027-06-30", "2027-05-31"))
    said = run("approvals", "--since", "main")
    assert said.code == 0, said.err
    assert said.out.splitlines() == [
        "commerce (@olga)",
        "  checkout asks for something else of orders  (access/checkout/grants/orders.yaml)",
    ]
    (need,) = run("approvals", "--since", "main", "--format", "json").json["needed"]
    assert need["teams"] == ["commerce"]
    assert run("approvals", "--since", "main", "--format", "markdown", "--output", "approvals.md").out == ""
    assert Path("approvals.md").read_text() == (
        "### Approvals\n\n- :hourglass: **Needed**: commerce \\(olga\\), because checkout asks for something else of "
        "orders \\(access\\/checkout\\/grants\\/orders\\.yaml\\)\n"
    )
    assert run("approvals", "--since", "main", "--output", "approvals.txt").out == ""
    assert Path("approvals.txt").read_text() == said.out
    grant.write_text(grant.read_text().replace("2027-05-31", "2027-06-30"))
    nothing = run("approvals", "--since", "main", "--format", "markdown").out
    assert nothing == "### Approvals\n\nNobody needs to approve this: nothing changes that is anybody's.\n"


RULES = [
    {"level": "warning", "when": {"reason_shorter_than": 30}, "say": "Tell the owner more"},
    {"level": "error", "when": {"name_unlike": "orders*", "about": "grant"}, "say": "Name it after the product"},
    {"level": "approval", "by": "commerce", "when": {"asks": "portal"}, "say": "The portal is watched"},
]
MORE = {"environments": ["prod"], "product": "orders", "component": "more", "expires": "2027-06-30"}


@pytest.mark.story
def test_a_warning_is_said_by_every_verb_and_stops_none(run: Run, running: Running) -> None:
    write(Path(), here(running, **{"guardrails.yaml": {"rules": RULES}}))
    line = "access/checkout/grants/orders.yaml:1:51: Tell the owner more (see access/guardrails.yaml:1)"
    said = run("validate")
    valid = "Everything is valid, with 1 warning: 2 teams, 2 APIs, 1 product, 1 grant."
    assert (said.code, said.out) == (0, f"warning: {line}\n{valid}\n")
    github = run("validate", "--format", "github")
    assert (github.code, github.out.startswith("::warning file=access/checkout/grants/orders.yaml,line=1")) == (0, True)
    document = run("validate", "--format", "json").json
    assert (document["valid"], [each["level"] for each in document["problems"]]) == (True, ["warning"])
    planned = run("plan", "--format", "markdown")
    assert planned.code == 0
    assert ":warning: 1 warning of guardrails" in planned.out
    assert run("apply", "--yes").code == 0
    assert run("drift").code == 0
    assert run("codeowners").code == 0


def test_a_rule_refuses_and_what_others_warn_of_is_said_beside_it(run: Run, running: Running) -> None:
    more = {**MORE, "key": True, "reason": "Show the order history in the shop"}
    write(Path(), here(running, **{"guardrails.yaml": {"rules": RULES}, "checkout/grants/more.yaml": more}))
    said = run("validate")
    wrong = "access/checkout/grants/more.yaml:1:1: Name it after the product (see access/guardrails.yaml:1)\n"
    assert (said.code, said.err) == (3, f"{wrong}1 problem. Nothing was written.\n")
    assert said.out.startswith("warning: access/checkout/grants/orders.yaml")
    assert run("validate", "--format", "json").json["valid"] is False
    assert run("plan").code == 3
    assert run("approvals").code == 3
    assert running.azure.log.entries == []


@pytest.mark.story
def test_a_pull_request_reads_its_own_warnings_and_who_must_approve_by_rule(run: Run, running: Running) -> None:
    reviewed = {"display_name": "Commerce", "reviewers": ["olga"]}
    write(Path(), here(running, **{"guardrails.yaml": {"rules": RULES}, "commerce/team.yaml": reviewed}))
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    asked = {**MORE, "portal": True, "key": True, "reason": "Because"}
    Path("access/checkout/grants/orders-more.yaml").write_text(json.dumps(asked))
    (plan,) = run("plan", "--since", "main", "--format", "json").json["plans"]
    assert [warning.partition(":")[0] for warning in plan["warnings"]] == ["access/checkout/grants/orders-more.yaml"]
    assert "! access/checkout/grants/orders-more.yaml" in run("plan", "--since", "main").out
    assert run("approvals", "--since", "main").out.splitlines() == [
        "commerce (@olga)",
        "  The portal is watched  (access/checkout/grants/orders-more.yaml)",
        "  checkout asks for orders  (access/checkout/grants/orders-more.yaml)",
    ]


@pytest.mark.story
def test_environments_are_told_to_people_and_to_workflows(run: Run, folder: Path, running: Running) -> None:
    shouting = SERVICE.replace("apim-test", "APIM-Test").replace("resourceGroups", "ResourceGroups")
    other = SERVICE.replace("apim-test", "apim-other")
    services = {
        "dev": environment(service=other, mode="enforce"),
        "test": environment(service=SERVICE, variables={"letter": "t"}),
        "prod": environment(service=shouting, variables={"letter": "p"}, mode="observe"),
    }
    write(folder, here(running, **{"environments.yaml": services}))
    told = run("environments")
    assert told.code == 0, told.err
    assert [line.split() for line in told.out.splitlines()] == [
        ["environment", "service", "mode"],
        ["dev", "apim-other", "enforce"],
        ["test", "apim-test", "add"],
        ["prod", "APIM-Test", "observe"],
    ]
    said = run("environments", "--json")
    assert said.out.count("\n") == 1
    rows = said.json["include"]
    assert [(row["environment"], row["service"]) for row in rows] == [
        ("dev", "apim-other"),
        ("test", "apim-test"),
        ("prod", "APIM-Test"),
    ]
    dev, test, prod = (row["concurrency"] for row in rows)
    assert test == prod != dev
    assert all(re.fullmatch(r"apim-[a-z0-9-]+", key) for key in (dev, test))
    parts = [run("environments", "--json", "--part", part).json["include"] for part in ("1/2", "2/2")]
    assert [[row["environment"] for row in part] for part in parts] == [["dev", "prod"], ["test"]]
    wrong = run("environments", "--json", "--part", "3/2")
    assert (wrong.code, "such as 1/2" in wrong.err) == (2, True)
    many = {f"e{n}": environment(service=f"{SERVICE}-{n}") for n in range(257)}
    write(folder, here(running, **{"environments.yaml": many}))
    refused = run("environments", "--json")
    assert (refused.code, "--part 1/2 and so on" in refused.err) == (2, True)
    assert len(run("environments", "--json", "--part", "1/2").json["include"]) == 129
    (folder / "access/environments.yaml").unlink()
    assert (run("environments").code, "there is no environments.yaml" in run("environments").err) == (3, True)


@pytest.mark.story
def test_codeowners_are_written_and_found_stale(run: Run, running: Running) -> None:
    assert run("codeowners", "--check").code == 1
    assert run("codeowners").code == 0
    assert run("codeowners", "--check").code == 0
    write(Path(), here(running, **{"checkout/team.yaml": {"display_name": "Checkout", "reviewers": ["chris"]}}))
    stale = run("codeowners", "--check")
    assert (stale.code, "run `reconciler codeowners`" in stale.err) == (1, True)
    run("codeowners")
    assert Path(".github/CODEOWNERS").read_text().endswith("\n/access/checkout/ @chris\n")


def test_a_revision_from_before_anything_was_declared_takes_nothing_back(run: Run) -> None:
    git("init", "-q")
    git("commit", "-qm", "empty", "--allow-empty")
    assert run("plan", "--previous", "HEAD").code == 0


@pytest.mark.story
def test_a_product_owner_is_told_what_another_hand_did_to_a_key(run: Run, folder: Path, running: Running) -> None:
    assert run("apply", "--yes").code == 0
    running.azure.seed(SERVICE, {"subscriptions/checkout--orders": {"state": "suspended", "scope": "/products/orders"}})
    (folder / "drift.json").write_text(run("drift", "--format", "json").out)
    told = run("remind", "--drift", "drift.json", "--dry-run", "--as-of", "2026-11-24")
    assert told.out.startswith("Access: what commerce should look at\n")
    assert "| subscription checkout--orders of orders | prod | changed |" in told.out


@pytest.mark.story
def test_access_is_cut_off_at_once_and_given_back(folder: Path, run: Run, running: Running) -> None:
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    key = "subscriptions/checkout--orders"
    assert run("apply", "--yes").code == 0
    assert run("cut", "--client", "1a2b").code == 2
    assert run("cut", "--team", "checkout").code == 2
    assert run("cut", "--team", "checkout", "--product", "orders", "--reason", "x").code == 2
    assert run("cut", "--lift", "everything").code == 2
    shown = run("cut", "--team", "checkout", "--reason", "Stolen", "--dry-run")
    assert "checkout loses orders in prod: key suspended, CUT OFF until that is lifted" in shown.out
    assert running.azure.snapshot(SERVICE)[key]["state"] == "active"
    forgotten = run("cut", "--team", "checkout", "--reason", "Stolen")
    assert (forgotten.code, running.azure.snapshot(SERVICE)[key]["state"]) == (0, "suspended")
    assert "The next apply may give it back" in forgotten.err
    assert "suspended: true}" in forgotten.out
    assert run("memory", "--begin", "HEAD").code == 0
    done = run("cut", "--team", "checkout", "--reason", "Stolen", "--record", "cut.json")
    assert done.code == 0
    assert "reconciler cut --environment prod --lift 'team checkout'" in done.out
    assert json.loads((folder / "cut.json").read_text())["remembered"] is True
    assert "checkout stays CUT OFF from orders in prod: key" in run("plan").out
    assert "Nothing to apply" in run("apply", "--yes").out
    assert "Everything governed is as it was applied." in run("drift").out
    assert run("memory", "--begin", "HEAD", "--yes").code == 0
    assert "team checkout" in run("memory").out
    back = run("cut", "--lift", "team checkout")
    assert (back.code, running.azure.snapshot(SERVICE)[key]["state"]) == (0, "active")
    assert "checkout gains orders in prod: key, until 2027-06-30" in back.out
    again = run("cut", "--lift", "team checkout")
    assert again.code == 2
    assert "team checkout is not cut off. Nothing is." in again.err
    unread = (
        "<fragment><!-- Made by reconciler from declarations. What is changed here by hand is found, and put back. -->"
    )
    running.azure.seed(SERVICE, {"policyFragments/access-old": {"value": f"{unread}<x a='1a2b' /></fragment>"}})
    missed = run("cut", "--client", "1a2b", "--reason", "Stolen")
    assert missed.code == 1
    assert "! NOT ENDED: fragment access-old was changed by hand, and may still let in application 1a2b" in missed.err
    assert run("cut", "--client", "3c4d", "--reason", "Stolen").code == 2
    running.azure.seed(SERVICE, {f"namedValues/{NAME}": {"displayName": NAME, "value": "{}"}})
    assert "! What is cut off there is not known: it was not written by this tool." in run("plan").err


@pytest.mark.story
def test_the_gateway_is_asked_and_what_it_says_is_kept(run: Run, running: Running, folder: Path) -> None:
    running.azure.seed(
        SERVICE, {"apis/orders/operations/list": {"displayName": "L", "method": "GET", "urlTemplate": "/"}}
    )
    assert run("apply", "--yes").code == 0
    asked = run("probe", "--from-files", "--record", "evidence.json")
    assert (asked.code, "checkout/orders is let in (200)" in asked.out) == (0, True), asked.out + asked.err
    assert asked.out.endswith("3 answers from West Europe: 1 let in, 2 refused.\n")
    kept = json.loads((folder / "evidence.json").read_text())
    assert [each["as_declared"] for each in kept["answers"]] == [True, True, True]
    key = running.azure.secrets(SERVICE, "subscriptions/checkout--orders")["primaryKey"]
    assert not [text for text in (asked.out, asked.err, json.dumps(kept)) if key in text]
    write(folder, here(running, **{GRANT: None}))
    git("init", "-q", ".")
    assert run("probe", "--from-files", "--grant", "checkout/orders").code == 2


@pytest.mark.story
def test_a_gateway_that_says_otherwise_is_found_and_one_that_is_not_there_too(run: Run, running: Running) -> None:
    running.azure.seed(
        SERVICE, {"apis/orders/operations/list": {"displayName": "L", "method": "GET", "urlTemplate": "/"}}
    )
    assert run("apply", "--yes").code == 0
    running.azure.seed(
        SERVICE,
        {"subscriptions/checkout--orders": {"scope": "/products/orders", "displayName": "x", "state": "suspended"}},
    )
    asked = run("probe", "--from-files", "--patience", "0")
    assert (asked.code, "checkout/orders is refused, and must be let in: granted" in asked.out) == (4, True)
    away = run("probe", "--from-files", "--gateway", "https://localhost:1")
    assert (away.code, "not reached" in away.out) == (1, True)


@pytest.mark.story
def test_a_token_is_shown_where_its_owner_has_put_it(
    run: Run, running: Running, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.azure.seed(
        SERVICE, {"apis/orders/operations/list": {"displayName": "L", "method": "GET", "urlTemplate": "/"}}
    )
    client = "1a2b0000-0000-0000-0000-000000000000"
    rules = {"manage": "product", "environments": ["prod"], "apis": ["orders"], "credentials": "token"}
    rules["oauth"] = {"audience": "api://orders"}
    asks = {"environments": ["prod"], "reason": "r", "expires": "2027-06-30", "clients": [client]}
    write(folder, here(running, **{"commerce/products/orders.yaml": rules, GRANT: asks}))
    assert run("apply", "--yes").code == 0
    token = running.azure.token(client, TENANT, "api://orders", published=True)
    monkeypatch.setenv("TOKEN", token)
    asked = run("probe", "--from-files", "--grant", "checkout/orders", "--token-in", "TOKEN")
    assert (asked.code, "checkout/orders by token is let in (200)" in asked.out) == (0, True), asked.out + asked.err
    assert token not in asked.out + asked.err
    for wrong in (("--token-in", "TOKEN"), ("--token-in", "NOTHING", "--grant", "checkout/orders")):
        assert run("probe", "--from-files", *wrong).code == 2


@pytest.mark.story
def test_keys_are_read_since_a_revision_or_in_no_great_number(run: Run, running: Running, folder: Path) -> None:
    running.azure.seed(
        SERVICE, {"apis/orders/operations/list": {"displayName": "L", "method": "GET", "urlTemplate": "/"}}
    )
    git("init", "-q", ".")
    git("add", ".")
    git("commit", "-qm", "one")
    assert run("apply", "--yes").code == 0
    assert run("probe", "--from-files", "--since", "HEAD").out == "0 answers from West Europe.\n"
    write(folder, here(running, **{GRANT: None}))
    assert run("apply", "--yes", "--previous", "HEAD").code == 0
    gone = run("probe", "--from-files", "--since", "HEAD")
    assert (gone.code, "checkout/orders is refused (401" in gone.out) == (0, True)
    grants = {
        f"t{n}/grants/orders.yaml": {"environments": ["prod"], "key": True, "reason": "r", "expires": "2027-06-30"}
        for n in range(51)
    }
    teams = {f"t{n}/team.yaml": {"display_name": f"T{n}"} for n in range(51)}
    write(folder, here(running, **grants, **teams))
    assert run("apply", "--yes").code == 0
    running.azure.log.clear()
    many = run("probe", "--from-files")
    assert (many.code, "That would read 52 keys, which Azure counts as writes." in many.err) == (2, True)
    assert not [each for each in running.azure.log.entries if "listSecrets" in str(each)]


@pytest.mark.story
def test_a_catalog_is_written_printed_and_never_served_without_a_token(
    run: Run, folder: Path, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = run("backstage")
    assert (written.code, written.out.startswith("catalog: ")) == (0, True), written.err
    assert "consumesApis" in (folder / "catalog/components.yaml").read_text()
    assert ", 0 written, 0 taken away." in run("backstage").out
    unknown = run("backstage", "--applied")
    assert (unknown.code, "What was applied to prod is not known" in unknown.err) == (0, True)
    assert run("backstage", "-o", "-").out.startswith("---\napiVersion: backstage.io/v1alpha1\n")
    assert "RECONCILER_SERVE_TOKEN" in run("backstage", "--serve").err
    assert run("backstage", "--serve", "--publish", "x").code == 2
    monkeypatch.setenv("RECONCILER_SERVE_TOKEN", "planted-token-of-the-catalog-0123456789")
    taken = run("backstage", "--serve", "--port", running.url.rpartition(":")[2])
    assert (taken.code, "cannot be listened on" in taken.err) == (2, True)


def test_owners_are_named_as_entra_names_groups_that_others_make(run: Run, running: Running, folder: Path) -> None:
    azure, group = running.azure, "5f0c0000-0000-0000-0000-000000000001"
    team = {"display_name": "Commerce", "entra_group": group}
    write(folder, here(running, **{"backstage.yaml": {"groups": "existing"}, "commerce/team.yaml": team}))
    azure.directory.add_group("SG Commerce (EU)", group)
    try:
        written = run("backstage")
    finally:
        azure.directory.clear()
    assert written.code == 0
    assert "owner: group:default/sg_commerce_eu" in (folder / "catalog/apis.yaml").read_text()
    assert "! checkout: its group is taken to be called as the team is." in written.err
    assert not (folder / "catalog/groups.yaml").exists()


@pytest.mark.story
def test_a_catalog_of_a_thousand_apis_is_refreshed_by_a_handful_of_requests(
    run: Run, running: Running, folder: Path
) -> None:
    names = [f"api-{number}" for number in range(1_000)]
    running.azure.seed(SERVICE, {f"apis/{name}": {"displayName": name, "path": name} for name in names}, fresh=True)
    write(
        folder,
        here(
            running,
            **{
                "commerce/apis.yaml": [{"api": name} for name in names],
                "commerce/products/orders.yaml": None,
                GRANT: None,
            },
        ),
    )
    running.azure.log.clear()
    assert run("backstage").code == 0
    assert len(list((folder / "catalog/definitions").glob("*.json"))) == 1_001
    first = len(running.azure.log.at("arm"))
    running.azure.log.clear()
    assert ", 0 written, 0 taken away." in run("backstage").out
    assert len(running.azure.log.at("arm")) <= 20 < first
