"""Declarations in; GitHub's CODEOWNERS for the folder they stand in, out: whom a pull request asks for a review."""

from reconciler.declarations import Declarations, Declared, Team

HEAD = """\
# Made by `reconciler codeowners` from the teams; edits are lost. It asks people for their review, and decides nothing:
# who must approve is said by `reconciler approvals`.
"""


def codeowners(declarations: Declarations, folder: str) -> str:
    """Give the file's text. The last line that matches counts, so what is everybody's comes first.

    A team that nobody reviews for is left to the platform team; without that, its folder has no line.
    """
    platform = declarations.teams.get(declarations.guardrails.platform_team or "")
    everybody = _reviewers(platform) if platform else []
    lines = [_line(path, everybody) for path in (f"/{folder}/", "/.github/")]
    lines += [_line(f"/{folder}/{name}/", _reviewers(team)) for name, team in sorted(declarations.teams.items())]
    return HEAD + "".join(filter(None, lines))


def _line(path: str, reviewers: list[str]) -> str:
    return f"{path} {' '.join(reviewers)}\n" if reviewers else ""


def _reviewers(team: Declared[Team]) -> list[str]:
    people = [f"@{login}" for login in team.value.reviewers or ()]
    return [*([f"@{team.value.github}"] if team.value.github else []), *people]
