"""A session and a branch in; what must be kept to there, by rulesets and by branch protection, and by whom not, out."""

from collections.abc import Iterable, Mapping

from githubkit.exception import RateLimitExceeded, RequestFailed

from reconciler.github.governing import Protection
from reconciler.github.session import UNKNOWN, Session
from reconciler.github.setting_answers import Actor, Check, Named, Protected, Rule, Ruleset

_NOT_FOR_YOU = (403, UNKNOWN)
_OURS = ("pull_request", "required_status_checks", "non_fast_forward")
_NONE_THERE = "Branch not protected"
_READ, _WRITE = "Administration: read", "Administration: write"
_ROLES = {2: "who maintains the repository", 4: "who may write", 5: "the repository's administrators"}
_KINDS = {
    "OrganizationAdmin": "the organisation's owners",
    "Integration": "app {}",
    "Team": "team {}",
    "User": "account {}",
    "DeployKey": "deploy keys",
}


def protection(session: Session, branch: str) -> Protection:
    """Read both. A repository may have neither, and a token may see one and not the other."""
    with session.asking(f"reading the rules of {branch}", needs="Metadata: read") as rest:
        rules = session.pages(Rule, rest.repos.get_branch_rules, **session.named, branch=branch)
    unseen: list[str] = []
    bypass: list[str] = []
    for number in dict.fromkeys(rule.ruleset_id for rule in rules if rule.ruleset_id and rule.type in _OURS):
        found = _ruleset(session, number)
        if found is None or found.bypass_actors is None:
            unseen.append(_WRITE)
        else:
            bypass += [f"{_called(actor)} (ruleset {found.name})" for actor in found.bypass_actors]
    protected = _protected(session, branch)
    if protected is None:
        unseen.append(_READ)
    else:
        bypass += _excepted(protected)
    return _together(rules, protected or Protected(), bypass, unseen)


def _ruleset(session: Session, number: int) -> Ruleset | None:
    with session.asking(f"reading ruleset {number}", needs=_WRITE) as rest:
        try:
            return Ruleset.model_validate(rest.repos.get_repo_ruleset(*session.where, number).json())
        except RateLimitExceeded:
            raise
        except RequestFailed as error:
            if error.response.status_code not in _NOT_FOR_YOU:
                raise
            return None


def _protected(session: Session, branch: str) -> Protected | None:
    """Read branch protection; an empty one where there is none, None where that cannot be seen."""
    with session.asking(f"reading the protection of {branch}", needs=_READ) as rest:
        try:
            return Protected.model_validate(rest.repos.get_branch_protection(*session.where, branch).json())
        except RateLimitExceeded:
            raise
        except RequestFailed as error:
            if error.response.status_code not in _NOT_FOR_YOU:
                raise
            return Protected() if _NONE_THERE in error.response.text else None


def _called(actor: Actor) -> str:
    if actor.actor_type == "RepositoryRole":
        return _ROLES.get(actor.actor_id or 0, f"role {actor.actor_id}")
    return _KINDS.get(actor.actor_type, actor.actor_type).format(actor.actor_id)


def _excepted(protected: Protected) -> Iterable[str]:
    reviews = protected.required_pull_request_reviews
    if reviews is None and protected.required_status_checks is None:
        return  # nothing is asked there of anybody
    if protected.enforce_admins is None or not protected.enforce_admins.enabled:
        yield f"{_ROLES[5]} (branch protection)"
    allowed: Mapping[str, list[Named]] = reviews.bypass_pull_request_allowances if reviews else {}
    for each in (each for some in allowed.values() for each in some):
        yield f"{each.login or each.slug} (branch protection)"


def _together(rules: list[Rule], protected: Protected, bypass: list[str], unseen: list[str]) -> Protection:
    asks = [rule.parameters for rule in rules if rule.type == "pull_request" and rule.parameters]
    reviews = protected.required_pull_request_reviews
    checks: dict[str, set[int | None]] = {}
    for each in _checks(rules, protected):
        checks.setdefault(each.context, set()).add(each.integration_id or each.app_id)
    return Protection(
        pull_request=any(rule.type == "pull_request" for rule in rules) or reviews is not None,
        approvals=max(
            [each.required_approving_review_count for each in asks]
            + [reviews.required_approving_review_count if reviews else 0]
        ),
        last_push=any(each.require_last_push_approval for each in asks)
        or bool(reviews and reviews.require_last_push_approval),
        checks={name: frozenset(apps) for name, apps in checks.items()},
        forced=not any(rule.type == "non_fast_forward" for rule in rules)
        and (protected.allow_force_pushes is None or protected.allow_force_pushes.enabled),
        bypass=tuple(dict.fromkeys(bypass)),
        unseen=tuple(dict.fromkeys(unseen)),
    )


def _checks(rules: list[Rule], protected: Protected) -> Iterable[Check]:
    for rule in rules:
        yield from rule.parameters.required_status_checks if rule.parameters else ()
    yield from protected.required_status_checks.checks if protected.required_status_checks else ()
