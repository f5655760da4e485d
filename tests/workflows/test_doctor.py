"""Each thing that GitHub and Azure must be set to, broken by itself: the doctor names it, and nothing else."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from githubkit_schemas.latest import models
from on_github import Site, github
from on_github.governed import App, Environment, Governed, Ruleset
from organisations import SERVICE, declared, environment, organisation
from pydantic import TypeAdapter

from reconciler.cli.approvals import CHECK
from reconciler.codeowners import codeowners
from reconciler.doctor import Credential, Facts, Finding, Service, branch, examine, robots, workflows
from reconciler.doctor.facts import APP, APP_KEY, AUDIENCE, CLIENT, ISSUER, PLAN, SWITCH, TENANT
from reconciler.github import Repository
from reconciler.github.governing import Unseen
from reconciler.github_files import digest, github_files

ROOT = Path(__file__).parents[2]
THEIRS = environment()["tenant"]
DECLARED = declared(
    organisation(
        **{
            "environments.yaml": {
                "dev": environment(service=SERVICE.replace("test", "dev")),
                "prod": environment(),
            },
            "checkout/team.yaml": {"display_name": "Checkout", "reviewers": ["chris"]},
            "commerce/team.yaml": {"display_name": "Commerce", "github": "contoso/commerce", "reviewers": ["olga"]},
        }
    )
)
ON_TEAMS = declared(
    organisation(
        **{
            "checkout/team.yaml": {"display_name": "Checkout", "github": "contoso/checkout"},
            "commerce/team.yaml": {"display_name": "Commerce", "github": "contoso/commerce"},
        }
    )
)
PLANS, APPLIES = "aaaa0000-0000-0000-0000-000000000000", "bbbb0000-0000-0000-0000-000000000000"
RIGHTS = {"checks": "write", "contents": "write", "issues": "write", "members": "read", "pull_requests": "write"}
PULLS = {"required_approving_review_count": 1, "require_last_push_approval": True}
CHECKS = [{"context": "access approvals", "integration_id": 77}, {"context": "validate"}]
NO_REVIEW = "an approval of before: GitHub's API does not tell"


def place(client: str) -> Environment:
    return Environment(["main"], [], {"AZURE_CLIENT_ID": client, "AZURE_TENANT_ID": THEIRS}, ["RECONCILER_APP_KEY"])


def well() -> Governed:
    """As docs/github.md says, with an app."""
    rules = {"pull_request": {**PULLS}, "required_status_checks": {"required_status_checks": [*CHECKS]}}
    return Governed(
        rulesets={7: Ruleset("main", {**rules, "non_fast_forward": {}})},
        environments={
            "access-plan": place(PLANS),
            "access-dev": place(APPLIES),
            "access-prod": place(APPLIES),
            "github-pages": Environment(),
        },
        variables={"RECONCILER": "on", "RECONCILER_APP_ID": "77"},
        labels=["bug", "access-request"],
        apps=[App(12, "other", {}), App(77, "access-app", {**RIGHTS}, client_id="Iv1.abc")],
    )


def without_app(governed: Governed) -> None:
    del governed.variables["RECONCILER_APP_ID"]
    governed.apps.clear()
    governed.token_approves = True
    for each in governed.environments.values():
        each.secrets.clear()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with github({**github_files(), ".github/CODEOWNERS": codeowners(DECLARED, "access")}) as found:
        yield found


@pytest.fixture
def governed(site: Site) -> Governed:
    site.governed = well()
    return site.governed


def credential(place: str) -> Credential:
    return Credential(ISSUER, f"repo:contoso/access:environment:{place}", (AUDIENCE,))


def facts(site: Site, **rights: str) -> Facts:
    settings = Repository("contoso/access", site.token("pat", **rights), api=site.url).settings()
    return Facts(
        DECLARED,
        settings,
        {path: digest(text) for path, text in github_files().items()},
        owners_are_fresh=True,
        services={"dev": Service(), "prod": Service()},
        credentials={
            PLANS: (credential("access-plan"),),
            APPLIES: (credential("access-dev"), credential("access-prod")),
        },
    )


def found(held: Facts, state: str = "wrong") -> dict[str, Finding]:
    return {each.check: each for part in examine(held).values() for each in part if each.state == state}


def test_all_is_well_where_everything_is_set(site: Site, governed: Governed) -> None:
    assert governed is site.governed
    held = facts(site)
    assert found(held) == {}
    assert set(found(held, "unknown")) == {"dev role", "prod role"}
    assert len(found(held, "well")) >= 25


def test_all_is_well_without_an_app(site: Site, governed: Governed) -> None:
    without_app(governed)
    assert found(facts(site)) == {}


def rule(kind: str, **parameters: Any) -> Callable[[Governed], None]:
    return lambda governed: governed.rulesets[7].rules.update({kind: {**PULLS, **parameters}})


def no_rule(kind: str) -> Callable[[Governed], None]:
    return lambda governed: governed.rulesets[7].rules.pop(kind) and None


def checks(*rows: dict[str, Any]) -> Callable[[Governed], None]:
    kind = "required_status_checks"
    return lambda governed: governed.rulesets[7].rules.update({kind: {kind: [*rows]}})


def bypass(kind: str, number: int | None) -> Callable[[Governed], None]:
    return lambda governed: governed.rulesets[7].bypass.append((kind, number))


def at(name: str, **changed: Any) -> Callable[[Governed], None]:
    def change(governed: Governed) -> None:
        governed.environments[name] = replace(governed.environments[name], **changed)

    return change


def setting(**changed: Any) -> Callable[[Governed], None]:
    return lambda governed: [setattr(governed, name, value) for name, value in changed.items()] and None


def variables(**held: str) -> Callable[[Governed], None]:
    return lambda governed: governed.variables.update(held)


def app(**changed: Any) -> Callable[[Governed], None]:
    return lambda governed: [setattr(governed.apps[1], name, value) for name, value in changed.items()] and None


IDS = {"AZURE_CLIENT_ID": APPLIES, "AZURE_TENANT_ID": THEIRS}
OTHER = "cccc0000-0000-0000-0000-000000000000"
BROKEN: list[tuple[Callable[[Governed], None], set[str], str]] = [
    (no_rule("pull_request"), {"pull request", "approval", "last push"}, "may be pushed to"),
    (rule("pull_request", required_approving_review_count=0), {"approval"}, "without any approval"),
    (rule("pull_request", require_last_push_approval=False), {"last push"}, NO_REVIEW),
    (checks(CHECKS[1]), {"check access approvals"}, "before `access approvals` has passed"),
    (checks(CHECKS[0]), {"check validate"}, "before `validate` has passed"),
    (checks({"context": "access approvals"}, CHECKS[1]), {"check access approvals"}, "name the app access-app"),
    (checks({**CHECKS[0], "integration_id": 12}, CHECKS[1]), {"check access approvals"}, "name the app access-app"),
    (no_rule("non_fast_forward"), {"force pushes"}, "by force"),
    (
        bypass("RepositoryRole", 5),
        {"bypass"},
        "the repository's administrators (ruleset main). Such a push is reported",
    ),
    (bypass("Team", 9), {"bypass"}, "team 9"),
    (lambda governed: governed.environments.pop("access-prod") and None, {"access-prod"}, "no such environment"),
    (lambda governed: governed.environments.pop("access-plan") and None, {"access-plan"}, "no such environment"),
    (at("access-prod", branches=None), {"access-prod"}, "every branch may use its identity"),
    (at("access-prod", branches="protected"), {"access-prod"}, "every protected branch may use its identity"),
    (at("access-prod", branches=["main", "release/*"]), {"access-prod"}, "release/* may use its identity"),
    (at("access-plan", tags=["v*"]), {"access-plan"}, "the tag v* may use its identity"),
    (at("access-prod", branches=[]), {"access-prod"}, "main may not use it"),
    (at("access-dev", variables={}), {"access-dev identity"}, "AZURE_CLIENT_ID and AZURE_TENANT_ID missing"),
    (at("access-dev", variables={"AZURE_CLIENT_ID": APPLIES}), {"access-dev identity"}, "AZURE_TENANT_ID missing"),
    (at("access-dev", variables={**IDS, "AZURE_TENANT_ID": OTHER}), {"access-dev identity"}, "environments.yaml says"),
    (at("access-prod", secrets=[]), {"access-prod app key"}, "RECONCILER_APP_KEY is missing"),
    (setting(secrets=["RECONCILER_APP_KEY"]), {"app key"}, "any branch could read it"),
    (setting(of_the_organisation=({}, ["RECONCILER_APP_KEY"])), {"app key"}, "any branch could read it"),
    (variables(RECONCILER=""), {"switch"}, "no workflow does anything"),
    (variables(RECONCILER_APP_ID="78"), {"app", "check access approvals"}, "no such app is installed in contoso"),
    (app(suspended=True), {"app"}, "access-app is suspended"),
    (app(permissions={"contents": "write", "issues": "read"}), {"app"}, "lacks checks: write, issues: write, members"),
    (setting(labels=["bug"]), {"label"}, "no label `access-request`"),
    (setting(owner_errors=[("Unknown owner", "/access/ @nobody")]), {"code owners"}, "Unknown owner: /access/ @nobody"),
    (setting(actions=False), {"actions"}, "is off"),
    (setting(token_writes=True), {"workflow permissions"}, "may write"),
    (setting(token_approves=True), {"robots' requests"}, "nothing here needs it"),
    (setting(sent_to_forks={"send_write_tokens_to_workflows"}), {"forks"}, "a token that writes"),
    (setting(sent_to_forks={"send_secrets_and_variables"}), {"forks"}, "secrets and variables"),
    (
        setting(private=False, approval_of_forks="first_time_contributors_new_to_github"),
        {"forks"},
        "without anybody's approval",
    ),
]


@pytest.mark.parametrize(("breaks", "checks", "says"), BROKEN, ids=[f"{each[2][:30]}" for each in BROKEN])
def test_what_is_broken_is_named_and_nothing_else(
    site: Site, governed: Governed, breaks: Callable[[Governed], None], checks: set[str], says: str
) -> None:
    breaks(governed)
    wrong = found(facts(site))
    assert set(wrong) == checks
    assert any(says in each.says for each in wrong.values())
    assert all(each.mend for each in wrong.values())


def test_what_plans_must_not_be_what_applies(site: Site, governed: Governed) -> None:
    governed.environments["access-plan"].variables["AZURE_CLIENT_ID"] = APPLIES
    wrong = found(facts(site))
    assert {"access-dev identity", "access-prod identity", "access-plan federation"} == set(wrong)
    assert "what plans could apply" in wrong["access-prod identity"].says


def test_the_settings_of_an_organisation_count(site: Site, governed: Governed) -> None:
    governed.of_the_organisation = ({"RECONCILER": "on", "AZURE_TENANT_ID": THEIRS}, [])
    del governed.variables["RECONCILER"]
    del governed.environments["access-dev"].variables["AZURE_TENANT_ID"]
    assert found(facts(site)) == {}


def test_an_app_is_known_by_its_client_id_too(site: Site, governed: Governed) -> None:
    governed.variables["RECONCILER_APP_ID"] = "Iv1.abc"
    assert found(facts(site)) == {}


def test_where_nothing_is_asked_nobody_is_said_to_keep_to_it(site: Site, governed: Governed) -> None:
    governed.rulesets.clear()
    assert not [each for part in examine(facts(site)).values() for each in part if each.check == "bypass"]


def test_a_check_of_the_app_is_asked_for_even_where_the_app_cannot_be_seen(site: Site, governed: Governed) -> None:
    governed.variables["RECONCILER_APP_ID"] = "Iv1.abc"
    rights = dict.fromkeys((*UNSEEN, "metadata"), "write")
    del rights["organization_administration"]
    assert found(facts(site, **rights)) == {}
    checks({"context": "access approvals"}, CHECKS[1])(governed)
    assert "name the app Iv1.abc" in found(facts(site, **rights))["check access approvals"].says


def test_one_rule_that_names_the_app_is_enough(site: Site, governed: Governed) -> None:
    loose = {"required_status_checks": [{"context": "access approvals"}]}
    governed.rulesets[8] = Ruleset("of everybody", {"required_status_checks": loose})
    assert found(facts(site)) == {}


def test_branch_protection_does_as_well_as_rulesets(site: Site, governed: Governed) -> None:
    governed.rulesets.clear()
    governed.protection = {
        "required_pull_request_reviews": {
            **PULLS,
            "dismiss_stale_reviews": False,
            "require_code_owner_reviews": False,
            "bypass_pull_request_allowances": {"users": [], "teams": [], "apps": []},
        },
        "required_status_checks": {
            "contexts": [each["context"] for each in CHECKS],
            "checks": [{"context": each["context"], "app_id": each.get("integration_id")} for each in CHECKS],
        },
        "enforce_admins": {"enabled": True, "url": "https://github.example/it"},
        "allow_force_pushes": {"enabled": False},
    }
    assert found(facts(site)) == {}
    governed.protection["enforce_admins"]["enabled"] = False
    governed.protection["allow_force_pushes"]["enabled"] = True
    assert set(found(facts(site))) == {"bypass", "force pushes"}


def test_more_variables_than_a_page_are_all_read(site: Site, governed: Governed) -> None:
    governed.variables = {f"V{index}": "x" for index in range(70)} | governed.variables
    assert found(facts(site)) == {}


def test_without_an_app_workflows_open_the_pull_requests(site: Site, governed: Governed) -> None:
    without_app(governed)
    governed.token_approves = False
    assert set(found(facts(site))) == {"robots' requests"}


@pytest.mark.parametrize("with_app", [True, False])
def test_teams_on_github_need_an_app(site: Site, governed: Governed, *, with_app: bool) -> None:
    if not with_app:
        without_app(governed)
    wrong = found(replace(facts(site), declarations=ON_TEAMS))
    assert set(wrong) == (set() if with_app else {"reviewers"})


def test_nobody_approves_for_a_team_without_reviewers(site: Site, governed: Governed) -> None:
    assert governed.apps
    wrong = found(replace(facts(site), declarations=declared(organisation())))
    assert wrong["reviewers"].says == "nobody can approve for checkout, commerce"


def test_files_that_are_missing_are_wrong_and_those_changed_are_named(site: Site, governed: Governed) -> None:
    assert governed.labels
    plan, daily = ".github/workflows/access-plan.yml", ".github/workflows/access-daily.yml"
    before = site.tip()
    try:
        site.push("main", {plan: "ours"}, by="pat")
        held = facts(site)
        assert found(held) == {}
        assert found(held, "well")["workflows"].says == "changed here, which is allowed: access-plan.yml"
        site.push("main", {daily: None}, by="pat")
        assert found(facts(site))["workflows"].says == "not on main: access-daily.yml"
    finally:
        site.bare.set("refs/heads/main", before)


def test_owners_that_are_stale(site: Site, governed: Governed) -> None:
    assert governed.labels
    assert set(found(replace(facts(site), owners_are_fresh=False))) == {"CODEOWNERS"}


UNSEEN = {
    "actions": ({"access-plan", "access-dev", "access-prod"}, "Actions: read"),  # and so no client to look for
    "environments": (
        {f"access-{name} {what}" for name in ("plan", "dev", "prod") for what in ("identity", "app key")},
        "",
    ),
    "variables": ({"app", "switch"}, "Variables: read"),
    "secrets": ({"app key"}, "Secrets: read"),
    "administration": ({"workflow permissions", "forks", "bypass"}, "Administration: read"),
    "contents": ({"workflows", "code owners"}, "Contents: read"),
    "issues": ({"label"}, "Issues: read"),
    "organization_administration": ({"app"}, "Administration: read of the organization"),
}


@pytest.mark.parametrize("right", UNSEEN)
def test_what_a_token_may_not_look_at_is_not_called_wrong(site: Site, governed: Governed, right: str) -> None:
    assert governed.labels
    names, needs = UNSEEN[right]
    rights = dict.fromkeys((*UNSEEN, "metadata"), "read") | {"administration": "write"}
    held = facts(site, **{name: each for name, each in rights.items() if name != right})
    assert found(held) == {}
    unknown = found(held, "unknown")
    assert names <= set(unknown)
    assert all(unknown[name].mend.startswith("needs `") for name in names)
    assert any(needs in unknown[name].mend for name in names)


def test_what_rulesets_do_not_ask_branch_protection_may_where_it_cannot_be_seen(site: Site, governed: Governed) -> None:
    governed.rulesets.clear()
    rights = dict.fromkeys((*UNSEEN, "metadata"), "read")
    del rights["administration"]
    held = facts(site, **rights)
    assert not {"pull request", "force pushes"} & set(found(held))
    assert {"pull request", "approval", "last push", "force pushes"} <= set(found(held, "unknown"))


IN_PROD, IN_DEV, IN_PLAN = (credential(f"access-{name}") for name in ("prod", "dev", "plan"))
IN_AZURE: list[tuple[dict[str, Any], set[str], str]] = [
    ({"services": {"dev": Service(), "prod": Service("403")}}, {"prod service"}, "403"),
    ({"services": {"dev": Service(memory="nothing is there"), "prod": Service()}}, {"dev memory"}, "nothing"),
    ({"credentials": {PLANS: (IN_PLAN,), APPLIES: (IN_DEV,)}}, {"access-prod federation"}, "environment:access-prod"),
    ({"credentials": {PLANS: (), APPLIES: (IN_DEV, IN_PROD)}}, {"access-plan federation"}, "does not take"),
    (
        {"credentials": {PLANS: (IN_PLAN,), APPLIES: (IN_DEV, replace(IN_PROD, audiences=("api://other",)))}},
        {"access-prod federation"},
        "does not take",
    ),
    ({"services": {}}, set(), ""),
]


@pytest.mark.parametrize(("changed", "checks", "says"), IN_AZURE)
def test_what_is_wrong_in_azure(
    site: Site, governed: Governed, changed: dict[str, Any], checks: set[str], says: str
) -> None:
    assert governed.labels
    wrong = found(replace(facts(site), **changed))
    assert set(wrong) == checks
    assert all(says in each.says and each.mend for each in wrong.values())


def test_credentials_that_cannot_be_seen_are_written_out(site: Site, governed: Governed) -> None:
    assert governed.labels
    held = replace(facts(site), credentials={PLANS: Unseen("Application.Read.All")})
    assert found(held) == {}
    unknown = found(held, "unknown")["access-prod federation"]
    for part in (ISSUER, "repo:contoso/access:environment:access-prod", AUDIENCE, APPLIES, "Application.Read.All"):
        assert part in unknown.says + unknown.mend


IMMUTABLE = "repo:contoso@5544123/access@821093847"


@pytest.mark.parametrize("known", [{"sub_claim_prefix": IMMUTABLE}, {}])
def test_a_new_repository_has_its_ids_in_the_subject(site: Site, governed: Governed, known: dict[str, str]) -> None:
    governed.subject = {"use_default": True, "use_immutable_subject": True, **known}
    wrong = found(facts(site))
    assert set(wrong) == {f"access-{name} federation" for name in ("plan", "dev", "prod")}
    assert f'"subject": "{IMMUTABLE}:environment:access-prod"' in wrong["access-prod federation"].mend
    ours = {
        client: tuple(
            replace(each, subject=each.subject.replace("repo:contoso/access", IMMUTABLE)) for each in credentials
        )
        for client, credentials in facts(site).credentials.items()
        if not isinstance(credentials, Unseen)
    }
    assert found(replace(facts(site), credentials=ours)) == {}


def test_a_subject_that_is_made_otherwise_is_left_to_people(site: Site, governed: Governed) -> None:
    governed.subject = {"use_default": False, "include_claim_keys": ["repo", "context"]}
    assert "access-prod federation" in found(facts(site), "well")
    governed.subject = {"use_default": False, "include_claim_keys": ["repository_owner", "environment"]}
    held = facts(site)
    assert found(held) == {}
    assert "repository_owner, environment" in found(held, "unknown")["access-prod federation"].says


def test_the_subject_cannot_be_seen(site: Site, governed: Governed) -> None:
    assert governed.labels
    held = facts(site)
    hidden = replace(held, settings=replace(held.settings, subject=Unseen("Actions: read")))
    assert found(hidden, "unknown")["access-prod federation"].mend == "needs `Actions: read`"


def test_only_reading_is_asked_of_github(site: Site, governed: Governed) -> None:
    assert governed.labels
    site.asked.clear()
    facts(site)
    assert site.writes() == []
    assert len(site.asked) < 40


def test_the_rules_of_the_guide_are_what_the_doctor_asks_for(site: Site, governed: Governed) -> None:
    without_app(governed)
    guide = (ROOT / "docs/github.md").read_text()
    ready = json.loads(guide.partition("```json\n")[2].partition("```")[0])
    rules = {each["type"]: each.get("parameters", {}) for each in ready["rules"]}
    governed.rulesets = {3: Ruleset(ready["name"], rules, ready["bypass_actors"])}
    TypeAdapter(models.ReposOwnerRepoRulesetsPostBody).validate_python(ready)
    assert found(facts(site)) == {}


def test_the_guide_tells_what_a_credential_must_be() -> None:
    guide = (ROOT / "docs/github.md").read_text()
    assert all(part in guide for part in (ISSUER, AUDIENCE, "repo:contoso/access:environment:access-plan"))


def test_the_workflows_the_doctor_and_the_checks_use_the_same_names() -> None:
    files = github_files()
    text = "".join(files.values())
    assert set(re.findall(r"\bvars\.(\w+)", text)) == {
        SWITCH,
        APP,
        CLIENT,
        TENANT,
        "RECONCILER_CATALOG",
        "RECONCILER_KEYS",
        "RECONCILER_PARALLEL",
        "RECONCILER_PROBE",
    }
    assert set(re.findall(r"\bsecrets\.(\w+)", text)) == {APP_KEY}
    places = {PLAN, *(f"access-{each}" for each in ("${{ matrix.environment }}", "${{ inputs.environment }}"))}
    places.add("access-keys-${{ matrix.environment }}")
    assert set(re.findall(r"^    environment: (.+)$", text, re.MULTILINE)) == places
    asked = {name.replace("-", "_"): right for name, right in re.findall(r"permission-([\w-]+): (\w+)", text)}
    assert set(asked) == set(RIGHTS)
    writes = {name for name in RIGHTS if f"permission-{name.replace('_', '-')}: write" in text}
    assert {name for name, right in RIGHTS.items() if right == "write"} == writes
    assert RIGHTS == robots.RIGHTS
    assert branch.CHECKS == (CHECK, "validate")
    assert "\n  validate:\n" in files[".github/workflows/access-validate.yml"]
    assert f"labels: [{workflows.LABEL}]" in files[".github/ISSUE_TEMPLATE/request-access.yml"]
