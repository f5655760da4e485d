"""Answers, or changed files, in; the patch that they make and who decides about it, out. Nothing is written."""

import difflib
from collections.abc import Mapping
from typing import Final

from pydantic import Field

from reconciler.approvals import Need, needed
from reconciler.asking import Answers, Asked, ask
from reconciler.assist.parts import Judge
from reconciler.assist.parts import judge as judge_of
from reconciler.assist.question import NoAnswer
from reconciler.assist.text import Answer, Others, inert, listed, others
from reconciler.assist.world import World
from reconciler.check import check
from reconciler.load import load
from reconciler.sources import Files

_MOST: Final = 20
_LARGEST: Final = 200_000  # characters of one file
_PATCH: Final = 20_000


class Decision(Answer):
    """An approval that is needed: by one of these teams."""

    one_of: list[Judge]
    why: Others | None
    file: str


class Draft(Answer):
    """A request as one file, and what is to be done with it. Nothing is written anywhere."""

    title: str
    file: str
    patch: Others = Field(description="For `git apply`, at the top of the repository: one file.")
    decides: list[Decision]
    warnings: list[Others] = Field(default_factory=list)
    next: list[str]


class Judged(Answer):
    """What a change of files would need."""

    valid: bool
    mistakes: list[Others] = Field(default_factory=list, description="At file:line:column.")
    warnings: list[Others] = Field(default_factory=list)
    decides: list[Decision] = Field(default_factory=list)
    note: str | None = None


def draft(world: World, answers: Answers) -> Draft:
    """Draft a request. Raises NotAskable with every reason against it."""
    asked = ask(answers, world.files, world.day)
    path = world.files.shown(asked.path)
    after = load(world.files.having(asked.path, asked.content)).declarations
    return Draft(
        title=asked.title,
        file=path,
        patch=_patch(asked, path),
        decides=[_decision(world, each) for each in needed(world.declarations, after, day=world.day)],
        warnings=listed(asked.warnings),
        next=[
            "Show the patch to whoever asks, and change nothing in it.",
            f"git switch -c access/request && git apply request.patch && git add {path}",
            "git commit, git push, and open a pull request: the team above decides about it.",
        ],
    )


def judge(world: World, changes: Mapping[str, str | None]) -> Judged:
    """Say who must approve files as they would be; None deletes one. Paths are as the tools show them, or below it."""
    if not 1 <= len(changes) <= _MOST:
        raise NoAnswer(f"Give 1 to {_MOST} files, by path, each with its whole text, or null to delete it.")
    contents = dict(world.files.contents)
    for path, text in changes.items():
        below = _below(world.files, path)
        if text is None:
            if contents.pop(below, None) is None:
                raise NoAnswer(f"There is no file `{inert(path)}` to delete.")
        elif len(text) > _LARGEST:
            raise NoAnswer(f"`{inert(path)}` is too long: at most {_LARGEST:,} characters.")
        else:
            contents[below] = text.encode(errors="surrogatepass")
    after = Files(world.files.root, dict(sorted(contents.items())))
    loaded = load(after)
    problems = {*loaded.problems, *check(loaded, after, world.day)}
    wrong = [str(each) for each in sorted(problems) if each.level == "error"]
    warned = [str(each) for each in sorted(problems) if each.level != "error"]
    needs = [] if wrong else needed(world.declarations, loaded.declarations, day=world.day)
    nobody = "Nobody needs to approve this: nothing changes that is anybody's."
    return Judged(
        valid=not wrong,
        mistakes=listed(wrong[:_MOST]),
        warnings=listed(warned[:_MOST]),
        decides=[_decision(world, each) for each in needs],
        note="Mend the mistakes first." if wrong else None if needs else nobody,
    )


def _patch(asked: Asked, path: str) -> Others:
    was = (asked.before or b"").decode().splitlines(keepends=True)
    lines = [*difflib.unified_diff(was, asked.content.decode().splitlines(keepends=True), f"a/{path}", f"b/{path}")]
    if asked.before is None:
        lines = [f"diff --git a/{path} b/{path}\n", "new file mode 100644\n", "--- /dev/null\n", *lines[1:]]
    text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    if inert(text, lines=True) != text:
        raise NoAnswer(f"{path} holds what looks like a key, or what nobody can see: take that out first.")
    if len(text) > _PATCH:
        raise NoAnswer(f"{path} is too long to be shown here: change it by `reconciler request`.")
    return Others(text_from_others=text)


def _decision(world: World, need: Need) -> Decision:
    return Decision(
        one_of=[judge_of(world.declarations, team) for team in need.teams],
        why=others(need.why),
        file=world.files.shown(need.path),
    )


def _below(files: Files, path: str) -> str:
    root = files.root.rstrip("/").rpartition("/")[2]
    for prefix in (f"{files.root.rstrip('/')}/", f"{root}/"):
        if path.startswith(prefix):
            path = path.removeprefix(prefix)
            break
    if path.startswith("/") or ".." in path.split("/") or "\\" in path or not path.isprintable():
        raise NoAnswer(f"`{inert(path)}` is no path below the folder: write it as `checkout/grants/orders.yaml`.")
    return path
