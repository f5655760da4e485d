"""Somebody tries to have applied what nobody approved, to have lost what was approved, or to break the tool."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from office import FIRST, GRANT, KEY, ORDERS, Office, files, grant
from on_github import github
from organisations import declared

from reconciler.approved import standing_on_others
from reconciler.azure.remembering import recall, remember
from reconciler.converge.start import NotRemembered
from reconciler.errors import Conflict
from reconciler.judge import judge
from reconciler.memory import LONGEST, Applied, encode


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with github({name: text for name, text in files(FIRST).items() if text}) as site:
        yield Office(site, tmp_path / "clone").begin()


def reasons(office: Office, **more: Any) -> list[tuple[str, ...]]:
    """Converge, and say why each merge was left out."""
    return [each.why for each in office.converge(**more).left_out]


# What a plan takes that no word of access tells.


def test_an_api_of_a_product_that_no_file_names(office: Office) -> None:
    """Callers with a key lose it by `enforce`, and no grant says that they have it."""
    office.cloud.seed({"products/orders/apis/refunds": {}})
    number = office.ask("pat", **{ORDERS: {**FIRST[ORDERS], "mode": "enforce"}})
    office.merge(number)
    left = office.converge().left_out
    assert [each.why for each in left] == [
        ("product-api orders/refunds would go, and no file that was approved says so",)
    ]
    assert "products/orders/apis/refunds" in office.cloud.state()
    assert left[0].plan
    office.site.review(number, "olga", body=f"Yes. {left[0].plan.fingerprint}")
    assert office.results() == [(f"#{number}", "applied")]
    assert "products/orders/apis/refunds" not in office.cloud.state()


def test_a_key_that_is_held_back_and_that_no_file_names(office: Office) -> None:
    """It opens nothing today; `enforce` would mark it, and delete it after the grace."""
    office.cloud.seed({"subscriptions/old": {"scope": "/products/orders", "displayName": "Old", "state": "suspended"}})
    office.merge(office.ask("pat", **{ORDERS: {**FIRST[ORDERS], "mode": "enforce"}}))
    assert reasons(office) == [("subscription old would go, and no file that was approved says so",)]


def test_a_subscription_of_another_product_that_has_the_name_of_a_grants(office: Office) -> None:
    """It would be replaced: its keys, which are somebody's, would be gone."""
    office.cloud.seed({"products/other": {"displayName": "Other"}})
    office.cloud.seed({KEY: {"scope": "/products/other", "displayName": "Mine", "state": "suspended"}})
    office.merge(office.ask(**{GRANT: grant()}))
    assert reasons(office) == [("subscription checkout--orders would go, and no file that was approved says so",)]
    assert office.cloud.state()[KEY]["scope"].endswith("products/other")


# Whose request it is, and what was seen of it.


def test_an_approval_of_what_a_branch_adds_to_another_one(office: Office) -> None:
    """Olga sees what is added to `mine`; then the request is turned to main, with all of `mine` in it."""
    office.site.push("mine", files({"checkout/grants/hidden.yaml": grant(product="orders", component="b")}), by="chris")
    office.site.bare.set("refs/heads/ask-1", office.site.tip("mine"))
    office.site.push("ask-1", files({GRANT: grant()}), by="chris")
    number = office.site.open("ask-1", "chris", base="mine")
    office.site.review(number, "olga")
    office.site.retarget(number, "main")
    office.merge(number, approved_by=None)
    assert "olga's approval was for what this change no longer is" in reasons(office)[0]
    office.site.review(number, "olga")
    assert office.results() == [(f"#{number}", "applied")]


def test_a_refusal_outlives_another_base(office: Office) -> None:
    number = office.ask(**{GRANT: grant()})
    office.site.review(number, "olga", "CHANGES_REQUESTED")
    office.site.retarget(number, "main")
    office.merge(number, approved_by=None)
    assert "olga asks for changes" in reasons(office)[0]


def test_a_request_of_so_many_commits_that_github_does_not_tell_whose_they_are(office: Office) -> None:
    """It is left out, and stops nobody else's."""
    number = office.ask(**{GRANT: grant()})
    tree, head = office.site.git("rev-parse", "ask-1^{tree}"), office.site.tip("ask-1")
    for _ in range(250):
        head = office.site.bare.commit(tree, [head], "Again", author="chris", committer="chris")
    office.site.bare.set("refs/heads/ask-1", head)
    office.merge(number)
    other = office.ask("pat", **{ORDERS: {**FIRST[ORDERS], "description": "Place orders"}})
    office.merge(other)
    assert office.results() == [(f"#{number}", "not approved"), (f"#{other}", "applied")]


def test_a_robots_request_without_requested_by(office: Office) -> None:
    number = office.ask("access[bot]", **{GRANT: grant()})
    office.merge(number)
    assert "`requested_by:` must say for whom" in reasons(office)[0][0]


def test_a_robots_request_for_what_is_no_grant(office: Office) -> None:
    """A workflow on a branch makes it, and whoever wrote that workflow approves."""
    number = office.ask("github-actions[bot]", **{ORDERS: {**FIRST[ORDERS], "description": "Mine"}})
    office.merge(number)
    assert "a person has to ask for it" in reasons(office)[0][0]


# What is on the branch, and in what order.


def test_a_rebased_request_one_of_whose_commits_changes_nothing_here(office: Office) -> None:
    number = office.ask(**{GRANT: grant(portal=True)})
    office.site.push("ask-1", {"README.md": "Something else"}, by="chris")
    office.site.push("ask-1", files({GRANT: grant()}), by="chris")
    tip = office.merge(number, method="rebase")
    assert office.results() == [(f"#{number}", "applied")]
    assert office.commit() == tip


def test_a_push_of_more_files_than_an_argument_list_holds(office: Office) -> None:
    """Prose, which nobody has to approve; it would have ended every run from then on."""
    tree = office.site.git("rev-parse", "main^{tree}")
    blob = office.site.bare.git("hash-object", "-w", "--stdin", given="prose")
    long = "prose-" * 30
    rows = "".join(f"100644 blob {blob}\t{long}{index}.md\n" for index in range(12_000))
    many = office.site.bare.git("mktree", given=rows)
    access = office.site.git("ls-tree", f"{tree}:access") + f"\n040000 tree {many}\tprose\n"
    access_tree = office.site.bare.git("mktree", given=access)
    top = office.site.bare.git("mktree", given=f"040000 tree {access_tree}\taccess\n")
    pushed = office.site.bare.commit(top, [office.site.tip()], "Prose", author="pat", committer="pat")
    office.site.bare.set("refs/heads/main", pushed)
    number = office.ask(**{GRANT: grant()})
    office.merge(number)
    assert office.results()[-1] == (f"#{number}", "applied")


def test_a_revocation_of_what_somebody_has_just_changed_without_approval(office: Office) -> None:
    """A push to the file would hold up its deletion; what goes altogether stands on nothing."""
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge()
    office.site.admin_push("main", files({GRANT: grant(reason="Mine, and for ever")}), by="mallory")
    number = office.ask("lee", **{GRANT: None})
    office.merge(number)
    assert office.results() == [
        (office.site.git("rev-parse", "main~1")[:12], "not approved"),
        (f"#{number}", "applied"),
    ]
    assert office.cloud.state()[KEY]["state"] == "suspended"
    assert office.results() == []


def test_a_file_that_somebody_changed_without_approval_under_another_name(office: Office) -> None:
    """GitHub shows a file renamed without changes: nobody who approves that has seen what it says."""
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge()
    longer = grant(product="orders", expires="2027-09-30")
    office.site.admin_push("main", files({GRANT: longer}), by="mallory")
    office.merge(office.ask(**{GRANT: None, "checkout/grants/renamed.yaml": {**longer, "formerly": "orders"}}))
    assert [each.result for each in office.converge().left_out] == ["not approved", "built on others"]


# What the service remembers, and which service it is.


def test_a_memory_of_another_environment(office: Office) -> None:
    remembered = office.recall().applied
    assert remembered
    office.remember(remembered.model_copy(update={"environment": "dev"}))
    with pytest.raises(NotRemembered, match="What is remembered is of dev, not of prod"):
        office.converge()


def test_a_memory_that_names_a_branch_which_nobody_merged(office: Office) -> None:
    """Whoever may write named values says that it was applied: so it would be taken for approved."""
    number = office.ask(**{GRANT: grant()})
    remembered = office.recall().applied
    assert remembered
    office.remember(remembered.model_copy(update={"also": (office.site.pulls[number].head,)}))
    with pytest.raises(NotRemembered, match="which is said to be applied, is not on the way to"):
        office.converge(full=True)
    assert KEY not in office.cloud.state()


def test_a_memory_of_a_time_when_the_environment_was_another_service(office: Office) -> None:
    first = office.site.tip()
    places = {"prod": {**FIRST["environments.yaml"]["prod"], "service": f"{office.cloud.service}-2"}}
    office.merge(office.ask("lee", **{"environments.yaml": places}), approved_by="pat")
    office.cloud.service = f"{office.cloud.service}-2"
    office.remember(Applied(service=office.cloud.service, environment="prod", commit=first, when="now"))
    with pytest.raises(NotRemembered, match="prod was apim-test"):
        office.converge()


def test_more_merges_past_an_unapproved_push_than_a_service_can_remember(office: Office) -> None:
    """Nothing ends with an error, and what is merged and approved goes on being applied."""
    begun = office.recall().applied
    assert begun
    office.site.admin_push("main", files({GRANT: grant()}), by="pat")
    tip = office.merge(office.ask("pat", **{ORDERS: {**FIRST[ORDERS], "description": "Place orders"}}))
    full = begun
    while len(encode(full)) < LONGEST - 50:
        full = full.model_copy(update={"also": (*full.also, tip)})
    office.remember(full)
    number = office.ask(**{"checkout/grants/b.yaml": grant(product="orders", component="b")})
    office.merge(number)
    done = office.converge().done[-1]
    assert (done.result, [each[:15] for each in done.why]) == ("applied", ["not remembered:"])
    assert office.cloud.state()["subscriptions/checkout--b"]["state"] == "active"
    again = office.converge().done[-1]
    assert again.result == "already so"


# Where the service is, before anything is asked of it.


def elsewhere(**more: Any) -> dict[str, Any]:
    return {"environments.yaml": {"prod": {**FIRST["environments.yaml"]["prod"], **more}}}


def test_an_environments_yaml_that_a_platform_team_of_ones_own_approved(office: Office) -> None:
    """An admin pushes other rules first, by which mallory is the platform team, and mallory approves."""
    there = office.trusted_service()
    mine = {"guardrails.yaml": {"platform_team": "mine"}, "mine/team.yaml": {"display_name": "M", "reviewers": ["mal"]}}
    office.site.admin_push("main", files(mine), by="pat")
    office.merge(office.ask("eve", **elsewhere(endpoint="https://evil.example")), approved_by="mal")
    assert office.trusted_service() == there


def test_an_environments_yaml_that_a_new_member_of_the_platform_team_approved(office: Office) -> None:
    there = office.trusted_service()
    team = {"display_name": "Platform", "reviewers": ["pat", "mal"]}
    office.site.admin_push("main", files({"platform/team.yaml": team}), by="pat")
    office.merge(office.ask("eve", **elsewhere(endpoint="https://evil.example")), approved_by="mal")
    assert office.trusted_service() == there


def test_a_platform_team_that_grew_by_its_own_approval_moves_an_endpoint(office: Office) -> None:
    team = {"display_name": "Platform", "reviewers": ["pat", "paula"]}
    office.merge(office.ask("lee", **{"platform/team.yaml": team}), approved_by="pat")
    office.merge(office.ask("lee", **elsewhere(endpoint="https://other.example")), approved_by="paula")
    assert office.trusted_service() == "https://other.example"


def test_limits_that_nobody_approved_do_not_bring_back_an_old_service(office: Office) -> None:
    """Nor does an approval that cannot be seen any more: where a service is does not change by it."""
    office.merge(office.ask("lee", **elsewhere(endpoint="https://other.example")), approved_by="pat")
    office.site.admin_push("main", files(elsewhere(endpoint="https://other.example", mode="observe")), by="pat")
    assert office.trusted_service() == "https://other.example"


def test_an_environments_yaml_after_a_time_when_there_was_none(office: Office) -> None:
    """What was pushed after it looks like the first one that there ever was, which nobody had to approve."""
    there = office.trusted_service()
    for hidden in ({"environments.yaml": None}, {"environments.yaml": "nonsense: ["}, {"commerce/a\nb.md": "x"}):
        office.site.admin_push("main", files(hidden), by="pat")
        evil = {
            **elsewhere(endpoint="https://evil.example"),
            **({"commerce/a\nb.md": None} if "\n" in str(hidden) else {}),
        }
        office.site.admin_push("main", files(evil), by="pat")
        assert office.trusted_service() == there


def test_rules_that_were_away_for_a_while_do_not_make_their_makers_the_first_ones(office: Office) -> None:
    there = office.trusted_service()
    office.site.admin_push("main", files({"guardrails.yaml": None, "environments.yaml": None}), by="pat")
    mine = {"guardrails.yaml": {"platform_team": "mine"}, "mine/team.yaml": {"display_name": "M", "reviewers": ["mal"]}}
    back = {"environments.yaml": FIRST["environments.yaml"]}
    office.site.admin_push("main", files({**mine, **back}), by="pat")
    office.merge(office.ask("eve", **elsewhere(endpoint="https://evil.example")), approved_by="mal")
    assert office.trusted_service() == there


# Git itself.


def conflicting(office: Office) -> int:
    """Let two requests change one line, and merge the second by hand, with both lines."""
    team = "display_name: Commerce\nreviewers:\n{}- olga\n"
    path = "access/commerce/team.yaml"
    office.site.push("ask-9", {path: team.format("- dora\n")}, by="lee")
    number = office.site.open("ask-9", "lee")
    office.site.review(number, "olga")
    office.site.push("other", {path: team.format("- otto\n")}, by="lee")
    office.merge(office.site.open("other", "lee"))
    both = {path: team.format("- otto\n- dora\n")}
    head, base = office.site.pulls[number].head, office.site.tip()
    made = office.site.bare.commit(
        office.site.bare.tree(base, both), [base, head], "Merge", author="pat", committer="pat"
    )
    office.site.bare.set("refs/heads/main", made)
    office.site.pushed()
    office.site.pulls[number].brought.append(made)
    return number


@pytest.mark.parametrize("attributes", ["", "access/** merge=union\n"])
def test_a_merge_by_hand_that_the_repository_says_how_to_make(office: Office, attributes: str) -> None:
    """Nobody has seen what git makes of a conflict by a rule that stands in `.gitattributes`."""
    first = "display_name: Commerce\nreviewers:\n- olga\n"
    office.site.admin_push("main", {".gitattributes": attributes, "access/commerce/team.yaml": first}, by="pat")
    begun = office.recall().applied
    assert begun
    office.remember(begun.model_copy(update={"commit": office.site.tip()}))
    number = conflicting(office)
    office.git("fetch", "--quiet", "origin")
    office.git("reset", "--quiet", "--hard", "origin/main")
    done = office.converge().done
    assert [(each.merge.number, each.result) for each in done if each.merge][-1] == (number, "not approved")
    assert "is not what its reviewers saw" in done[-1].why[0]


# What everybody would try first.


def test_self_approval(office: Office) -> None:
    """By an owner who asks, whatever their name is spelled like."""
    number = office.ask("olga", **{GRANT: grant(requested_by="OLGA")})
    office.merge(number, approved_by="Olga")
    assert "Olga's approval does not count: it is their own request" in reasons(office)[0]


def test_self_approval_by_whom_the_file_is_said_to_ask_for(office: Office) -> None:
    number = office.ask(**{GRANT: grant(requested_by="olga")})
    office.merge(number)
    assert "olga's approval does not count: it is their own request" in reasons(office)[0]


def test_self_approval_with_somebody_else_named_as_who_asks(office: Office) -> None:
    """Who wrote the commits counts, whatever the file says."""
    office.merge(office.ask(**{GRANT: grant(requested_by="chris")}))
    office.converge()
    number = office.ask("olga", **{GRANT: grant(requested_by="chris", expires="2027-07-31")})
    office.merge(number)
    assert "olga's approval does not count: it is their own request" in reasons(office)[0]


def test_change_of_owner_in_the_same_pull_request(office: Office) -> None:
    team = {"display_name": "Commerce", "reviewers": ["mal"]}
    office.merge(office.ask(**{GRANT: grant(), "commerce/team.yaml": team}), approved_by="mal")
    assert "commerce has not approved it: checkout asks for orders" in reasons(office)[0]


def test_a_product_taken_and_asked_for_in_the_same_pull_request(office: Office) -> None:
    moved = {ORDERS: None, "checkout/products/orders.yaml": FIRST[ORDERS], GRANT: grant()}
    office.merge(office.ask("eve", **moved), approved_by="chris")
    why = reasons(office)[0]
    assert "commerce has not approved it: checkout asks for orders" in why
    assert "commerce has not approved it: product orders becomes checkout's" in why


def test_approval_before_the_last_push(office: Office) -> None:
    number = office.ask(**{GRANT: grant()})
    office.site.review(number, "olga")
    office.site.push("ask-1", files({GRANT: grant(portal=True)}), by="chris")
    office.merge(number, approved_by=None)
    assert "olga's approval was for what this change no longer is" in reasons(office)[0]


def test_an_approval_of_what_was_pushed_away_and_came_back(office: Office) -> None:
    """It is the commit that was seen: that it was away for a while changes nothing of it."""
    number = office.ask(**{GRANT: grant()})
    seen = office.site.pulls[number].head
    office.site.review(number, "olga")
    office.site.push("ask-1", files({GRANT: grant(portal=True)}), by="chris")
    office.site.bare.set("refs/heads/ask-1", seen)
    office.merge(number, approved_by=None)
    assert office.results() == [(f"#{number}", "applied")]


def test_a_later_end_only(office: Office) -> None:
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge()
    office.merge(office.ask(**{GRANT: grant(expires="2027-10-31")}), approved_by=None)
    assert "commerce has not approved it: checkout asks for something else of orders" in reasons(office)[0]
    office.day = office.day.replace(year=2027, month=7, day=1)
    office.converge(full=True)
    assert office.cloud.state()[KEY]["state"] == "suspended"


def test_a_changed_entra_group(office: Office) -> None:
    """Other people would see the product: its owner decides, not the team alone."""
    office.merge(office.ask(**{GRANT: grant(portal=True)}))
    office.converge()
    team = {"display_name": "Checkout", "reviewers": ["chris"], "entra_group": "5f0c0000-0000-0000-0000-000000000009"}
    office.merge(office.ask("carl", **{"checkout/team.yaml": team}), approved_by="chris")
    assert reasons(office) == [("commerce has not approved it: other people see it as checkout",)]


def test_a_claim_on_somebodys_live_subscription(office: Office) -> None:
    living = {"scope": "/products/orders", "displayName": "Old ERP", "state": "active"}
    office.cloud.seed({"subscriptions/old": living})
    number = office.ask(**{GRANT: grant(subscription="old")})
    office.merge(number)
    assert reasons(office) == [("platform has not approved it: checkout takes over subscription old",)]
    assert office.cloud.state()["subscriptions/old"]["displayName"] == "Old ERP"
    office.site.review(number, "pat")
    assert office.results() == [(f"#{number}", "applied")]


def test_a_claim_on_a_subscription_of_another_product(office: Office) -> None:
    office.cloud.seed({"products/other": {"displayName": "Other"}})
    office.cloud.seed({"subscriptions/old": {"scope": "/products/other", "displayName": "Old", "state": "active"}})
    number = office.ask(**{GRANT: grant(subscription="old")})
    office.site.review(number, "pat")
    office.merge(number)
    left = office.converge().left_out
    assert [each.result for each in left] == ["moved"]
    assert "subscription 'old' is for products/other, not for this product" in left[0].why[0]


def test_a_claim_on_an_unowned_product(office: Office) -> None:
    office.cloud.seed({"products/legacy": {"displayName": "Legacy"}})
    mine = {"environments": ["prod"], "manage": "product", "display_name": "Mine"}
    office.merge(office.ask("carl", **{"checkout/products/legacy.yaml": mine}), approved_by="chris")
    assert reasons(office) == [("platform has not approved it: product legacy may be one that lives",)]
    assert office.cloud.state()["products/legacy"]["displayName"] == "Legacy"


def test_formerly_naming_another_teams_grant(office: Office) -> None:
    """Names hold the team: the key of another is never meant."""
    office.merge(office.ask(**{GRANT: grant()}))
    office.converge()
    mine = grant(product="orders", formerly="orders")
    number = office.ask("pat", **{GRANT: None, "platform/grants/mine.yaml": mine})
    office.merge(number)
    assert office.results() == [(f"#{number}", "applied")]
    state = office.cloud.state()
    assert (state[KEY]["state"], state["subscriptions/platform--mine"]["state"]) == ("suspended", "active")


def test_an_environments_yaml_with_another_vault(office: Office) -> None:
    office.merge(office.ask("chris", **elsewhere(key_vault="https://mine.vault.azure.net")), approved_by="olga")
    assert reasons(office) == [("platform has not approved it: the services and their limits change",)]


def test_a_file_name_with_a_newline(office: Office) -> None:
    """Its merge is not taken, what comes after it is; and once it is gone all is as if it had never been."""
    bad = "access/checkout/grants/a\n.yaml"
    office.merge(office.ask(**{"checkout/grants/a\n.yaml": grant(product="orders")}))
    number = office.ask(**{GRANT: grant()})
    office.merge(number)
    left = office.converge()
    assert [each.result for each in left.done] == ["not valid", "applied"]
    assert "in a name" in left.done[0].why[0]
    assert "\n" not in left.done[0].why[0]
    office.site.admin_push("main", {bad: None}, by="pat")
    office.converge()
    assert office.results() == []


def test_an_approved_commit_that_is_put_on_main_by_hand_again_after_it_was_taken_back(office: Office) -> None:
    number = office.ask(**{GRANT: grant()})
    tip = office.merge(number, method="squash")
    office.converge()
    office.merge(office.ask("lee", **{GRANT: None}))
    office.converge()
    again = office.site.bare.commit(
        office.site.git("rev-parse", f"{tip}^{{tree}}"),
        [office.site.tip()],
        f"Ask (#{number})",
        author="pat",
        committer="pat",
    )
    office.site.bare.set("refs/heads/main", again)
    assert f"{again[:12]} came by no pull request" in reasons(office, full=True)[0]
    assert office.cloud.state()[KEY]["state"] == "suspended"


def test_a_merge_with_its_parents_in_the_other_order(office: Office) -> None:
    """By first parents main would then have come from the branch: nothing is known of how."""
    number = office.ask(**{GRANT: grant()})
    office.site.review(number, "olga")
    head, base = office.site.pulls[number].head, office.site.tip()
    made = office.site.bare.commit(
        office.site.bare.tree(head, {}), [head, base], "Merge", author="pat", committer="pat"
    )
    office.site.bare.set("refs/heads/main", made)
    office.site.pushed()
    office.site.pulls[number].brought = [head, made]
    done = office.converge().done
    assert [each.result for each in done] == ["applied"]  # what it gives is what was approved
    assert done[0].merge
    assert done[0].merge.number == number


def test_a_merge_of_more_than_one_branch(office: Office) -> None:
    number = office.ask(**{GRANT: grant()})
    office.site.review(number, "olga")
    mine = office.site.push(
        "mine", files({"checkout/grants/b.yaml": grant(product="orders", component="b")}), by="chris"
    )
    head, base = office.site.pulls[number].head, office.site.tip()
    tree = office.site.bare.tree(head, files({"checkout/grants/b.yaml": grant(product="orders", component="b")}))
    made = office.site.bare.commit(tree, [base, head, mine], "Octopus", author="pat", committer="pat")
    office.site.bare.set("refs/heads/main", made)
    office.site.pushed()
    office.site.pulls[number].brought = [head, made]
    assert "is not what its reviewers saw" in reasons(office)[0][0]


def test_a_later_word_takes_an_approval_back(office: Office) -> None:
    number = office.ask(**{GRANT: grant()})
    office.site.review(number, "olga")
    office.site.review(number, "olga", "CHANGES_REQUESTED")
    office.merge(number, approved_by=None)
    assert "olga asks for changes" in reasons(office)[0]


def test_an_approval_by_somebody_who_has_left_the_team(office: Office) -> None:
    number = office.ask(**{GRANT: grant()})
    office.site.review(number, "olga")
    team = {"display_name": "Commerce", "reviewers": ["otto"]}
    office.merge(office.ask("lee", **{"commerce/team.yaml": team}))
    office.merge(number, approved_by=None)
    assert [each.result for each in office.converge().done] == ["applied", "not approved"]


def test_a_link_and_a_submodule(office: Office) -> None:
    link = office.site.bare.git("hash-object", "-w", "--stdin", given="/etc/passwd")
    base = office.site.tip()
    for mode, name in (("120000", "checkout/grants/link.yaml"), ("160000", "checkout/module")):
        what = link if mode == "120000" else base
        index = {"GIT_INDEX_FILE": str(office.clone / "index")}
        office.site.bare.git("read-tree", office.site.tip(), **index)
        office.site.bare.git("update-index", "--add", "--cacheinfo", f"{mode},{what},access/{name}", **index)
        tree = office.site.bare.git("write-tree", **index)
        made = office.site.bare.commit(tree, [office.site.tip()], "Link", author="pat", committer="pat")
        office.site.bare.set("refs/heads/main", made)
    number = office.ask(**{GRANT: grant()})
    office.merge(number)
    assert [result for _, result in office.results()] == ["not valid", "not valid", "applied"]


def test_a_commit_that_github_itself_is_said_to_have_written(office: Office) -> None:
    """Anybody can write that address; then nobody would be known to have asked."""
    number = office.ask(**{GRANT: grant()})
    office.site.push("ask-1", files({GRANT: grant(portal=True)}), by="web-flow")
    office.merge(number)
    assert "Nobody on GitHub is behind commit" in reasons(office)[0][0]


def test_an_endpoint_that_moves_by_a_rebased_request_of_several_commits(office: Office) -> None:
    number = office.ask("lee", **{ORDERS: {**FIRST[ORDERS], "description": "Place orders"}})
    office.site.push("ask-1", files(elsewhere(endpoint="https://other.example")), by="lee")
    office.site.push("ask-1", files({ORDERS: {**FIRST[ORDERS], "description": "Place and read orders"}}), by="lee")
    office.site.review(number, "olga")
    office.merge(number, approved_by="pat", method="rebase")
    assert office.trusted_service() == "https://other.example"


def test_what_was_applied_past_two_that_were_left_out_is_not_forgotten_with_the_first(office: Office) -> None:
    first = office.ask(**{GRANT: grant()})
    office.merge(first, approved_by=None)
    between = office.merge(office.ask("pat", **{ORDERS: {**FIRST[ORDERS], "description": "Place orders"}}))
    last = office.ask(**{"checkout/grants/b.yaml": grant(product="orders", component="b")})
    office.merge(last, approved_by=None)
    office.converge()
    office.site.review(first, "olga")
    assert office.results() == [(f"#{first}", "applied"), (f"#{last}", "not approved")]
    remembered = office.recall().applied
    assert remembered
    assert between in remembered.also
    assert office.results() == [(f"#{last}", "not approved")]


def test_what_does_not_fit_into_memory_is_not_skipped_for_what_does(office: Office) -> None:
    """Or the next run would find what came first standing on what came after it."""
    begun = office.recall().applied
    assert begun
    office.site.admin_push("main", files({GRANT: grant()}), by="pat")
    tip = office.merge(office.ask("pat", **{ORDERS: {**FIRST[ORDERS], "description": "Place orders"}}))
    like = {"fingerprint": "0" * 16, "outcomes": {"done": 1}, "when": "2026-11-24T00:00:00+00:00", "before": "0" * 64}
    full = begun.model_copy(update=like)
    while len(encode(full)) <= LONGEST - 86:  # room for one commit more, not for two
        full = full.model_copy(update={"also": (*full.also, tip)})
    office.remember(full)
    two = office.ask(**{"checkout/grants/b.yaml": grant(product="orders", component="b")})
    office.site.push(
        f"ask-{office.asked}", files({"checkout/grants/b.yaml": grant(product="orders", component="c")}), by="chris"
    )
    office.merge(two, method="rebase")
    one = office.ask(**{"checkout/grants/d.yaml": grant(product="orders", component="d")})
    office.merge(one, method="squash")
    assert office.results()[1:] == [(f"#{two}", "applied"), (f"#{one}", "applied")]
    assert office.recall().applied == full


def test_a_refusal_that_was_dismissed_stops_nothing_and_approves_nothing(office: Office) -> None:
    team = {"display_name": "Commerce", "reviewers": ["olga", "dora"]}
    office.merge(office.ask("lee", **{"commerce/team.yaml": team}))
    office.converge()
    number = office.ask(**{GRANT: grant()})
    office.site.review(number, "olga", "CHANGES_REQUESTED")
    office.site.dismiss(number, "olga")
    office.merge(number, approved_by=None)
    assert reasons(office) == [("commerce has not approved it: checkout asks for orders",)]
    office.site.review(number, "dora")
    assert office.results() == [(f"#{number}", "applied")]


def test_where_nobody_knows_what_a_commit_changes_no_approval_is_of_it(office: Office) -> None:
    number = office.ask(**{GRANT: grant()})
    office.site.review(number, "olga")
    base, head = declared(FIRST), declared({**FIRST, GRANT: grant()})
    there = office.side().there
    request = there.pull_request(number)
    judged = {
        each: judge(there, request, base, head, day=office.day, digest=lambda _, each=each: each) for each in ("", "d")
    }
    assert {each: verdict.approved for each, verdict in judged.items()} == {"": False, "d": True}


def test_self_approval_of_what_somebody_else_wrote(office: Office) -> None:
    office.site.push("ask-9", files({GRANT: grant()}), by="chris")
    office.merge(office.site.open("ask-9", "olga"))
    assert "olga's approval does not count: it is their own request" in reasons(office)[0]


def test_a_fingerprint_in_the_review_of_somebody_who_may_not_approve(office: Office) -> None:
    office.cloud.seed({"subscriptions/old": {"scope": "/products/orders", "displayName": "Old", "state": "active"}})
    number = office.ask("pat", **{ORDERS: {**FIRST[ORDERS], "mode": "enforce"}})
    office.merge(number)
    left = office.converge().left_out
    assert left[0].plan
    office.site.review(number, "mal", body=left[0].plan.fingerprint)
    assert office.results() == [(f"#{number}", "moved")]
    assert office.cloud.state()["subscriptions/old"]["state"] == "active"


@pytest.mark.parametrize(
    ("sides", "others"),
    [
        ((b"a", b"b"), ()),
        ((b"x", b"a"), ()),  # it is so already
        ((b"x", b"b"), ("grant",)),
        ((None, b"b"), ("grant",)),
        ((b"x", None), ()),  # it goes, whatever was put into it
    ],
)
def test_what_an_edit_stands_on(sides: tuple[bytes | None, bytes | None], others: tuple[str, ...]) -> None:
    assert standing_on_others({"grant": b"a"}, {"grant": sides}) == others


def test_two_runs_that_remember_at_once(office: Office) -> None:
    """The later one does not overwrite what the earlier one has written since."""

    async def run() -> None:
        async with office.cloud.session() as session:
            seen = await recall(session)
            assert seen.applied
            await remember(session, seen.applied.model_copy(update={"when": "first"}), seen)
            with pytest.raises(Conflict):
                await remember(session, seen.applied.model_copy(update={"when": "second"}), seen)

    asyncio.run(run())
    found = office.recall().applied
    assert found
    assert found.when == "first"
