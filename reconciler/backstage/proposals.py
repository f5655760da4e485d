"""Settings and what a template asks for in; the steps by which Backstage writes one file and proposes it, out.

What stands in `${{ }}` is worked out when somebody asks, by a language that knows no safe text: so every value that
goes into a file is written as JSON, every one that goes into a name has its slashes taken out, and every one that is
shown stands in a code span of one line.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from reconciler.declarations import Backstage

Step = Mapping[str, Any]

LOGIN: Final = "user.entity.metadata.annotations['github.com/user-login']"
"""Who asks, on GitHub, as far as Backstage knows."""


_ENDS_A_WORD: Final = "\n\r\t \"'\\:#,{}[]"
_NAMED: Final = 'parameters.team | parseEntityRef | pick("name")'
_WHO: Final = f'{LOGIN} or "Somebody"'


def fetched(step: str, name: str, reference: str, *, optional: bool = False) -> Step:
    """Look an entity up, for it is the catalog that says what it stands for, not who asks."""
    wanted = {"entityRef": reference} | ({"optional": True} if optional else {})
    return {"id": step, "name": name, "action": "catalog:fetch", "input": wanted}


def annotation(step: str, key: str) -> str:
    """Read what the catalog says of it."""
    return f"steps.{step}.output.entity.metadata.annotations['apim-reconciler/{key}']"


def team_of(teams: Mapping[str, str]) -> str:
    """Give the team that a group is. Where one is not named as its team is, each is looked up."""
    if all(group.rpartition("/")[2] == team for group, team in teams.items()):
        return f"({in_name(_NAMED)})"
    return f"{json.dumps(dict(teams))}[parameters.team]"


def in_name(expression: str) -> str:
    """Make a text a part of a name."""
    return f'({expression}) | replace("/", "-") | replace("..", "-")'


def in_text(expression: str) -> str:
    """Put a day between what stands around it in a file: whatever else it may be, it stays one word of one value."""
    parts = (f"replace({json.dumps(each)}, '')" for each in _ENDS_A_WORD)
    return " | ".join([f"({expression})", *parts])


def shown(expression: str) -> str:
    """Show a text as it is, whatever it holds."""
    return f'`${{{{ {_line(expression)} | replace("`", "\'") }}}}`'


def file(content: str, path: str, values: Mapping[str, str]) -> Step:
    """Write a file below the folder of declarations."""
    return {
        "id": "file",
        "name": "Write the file",
        "action": "fetch:template:file",
        "input": {
            "url": f"./content/{content}",
            "targetPath": path,
            "values": {name: f"${{{{ {value} }}}}" for name, value in values.items()},
        },
    }


def proposal(settings: Backstage, branch: str, title: str, body: str, *, deleted: str | None = None) -> Step:
    """Open a pull request with that file, or without one that is there.

    Commits have no author of their own: that is then whose token it is. Of anybody else, such as the scaffolder's
    default, nobody could tell whose request it is, and no approval would count.
    """
    organisation, _, repository = str(settings.repository).partition("/")
    line = f"${{{{ {_line(title)} }}}}"
    by = f"{{% if {LOGIN} %}}\n\nCo-authored-by: {_hidden()}{{% endif %}}"
    wanted = {
        "repoUrl": f"{settings.host}?owner={organisation}&repo={repository}",
        "targetBranchName": settings.branch,
        "targetPath": settings.folder,
        "branchName": f"access/{branch}",
        "title": line,
        "commitMessage": f"{line}{by}",
        "description": f"{shown(_WHO)} asks: {shown(title)}.\n\n{body}",
        "forceEmptyGitAuthor": True,
        **({"filesToDelete": [deleted]} if deleted else {}),
        **({"token": "${{ secrets.USER_OAUTH_TOKEN }}"} if settings.as_the_person else {}),
    }
    return {"id": "proposal", "name": "Open a pull request", "action": "publish:github:pull-request", "input": wanted}


def outcome() -> Mapping[str, Any]:
    """Say where it goes on."""
    link = {"title": "Pull request", "url": "${{ steps.proposal.output.remoteUrl }}"}
    content = "The pull request shows what it changes, and who has to approve it. Once it is merged, it takes effect."
    return {"links": [link], "text": [{"title": "What comes next", "content": content}]}


def _line(expression: str) -> str:
    return f'({expression}) | replace("\\r", " ") | replace("\\n", " ")'


def _hidden() -> str:
    return f"${{{{ {_line(LOGIN)} }}}} <${{{{ {_line(LOGIN)} }}}}@users.noreply.github.com>"
