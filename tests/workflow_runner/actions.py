"""A `uses:` step in; what the action of that name would do on GitHub done here, its outputs out."""

import fnmatch
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from on_github import Site

from workflow_runner.events import Event
from workflow_runner.expressions import Unknown

_PERMISSION = "permission-"


class Failed(Exception):
    """The action says what is wrong, and its step fails."""


@dataclass
class Use:
    """What an action is given, and what it may change for the steps after it: PATH, masks, and variables (exports)."""

    given: Mapping[str, str]
    environment: Mapping[str, str]
    path: list[str]
    masks: set[str]
    workspace: Path
    artifacts: Path
    site: Site
    event: Event
    exports: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def take(self, name: str, default: str = "") -> str:
        """Read an input; what was not read in the end is one that the action does not know here."""
        self.known.add(name)
        return self.given.get(name, "") or default


Action = Callable[[Use], Mapping[str, str]]


def checkout(use: Use) -> Mapping[str, str]:
    """Fetch the commit of the event, or what `ref` names, from the bare repository, as deep as asked for."""
    site, event, asked = use.site, use.event, use.take("ref")
    if use.take("repository", "contoso/access") != "contoso/access":
        raise Failed("this runner has one repository")
    use.take("token"), use.take("persist-credentials")
    folder = use.workspace / use.take("path", ".")
    depth, tags = use.take("fetch-depth", "1"), use.take("fetch-tags", "false")
    ref = asked or event.ref
    sha = event.sha if not asked else _commit(site, asked)
    shutil.rmtree(folder / ".git", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    _git(folder, "init", "--quiet", "--initial-branch=main", ".")
    _git(folder, "remote", "add", "origin", f"file://{site.bare.folder}")
    branch = ref.removeprefix("refs/heads/") if site.bare.tip(f"refs/heads/{ref.removeprefix('refs/heads/')}") else ""
    kept = f"refs/remotes/origin/{branch}" if branch else f"refs/remotes/{(asked or ref).removeprefix('refs/')}"
    limits = [] if depth == "0" else [f"--depth={depth}"]
    tagged = "--tags" if depth == "0" or tags == "true" else "--no-tags"
    if depth == "0":  # everything first, and then what the event is about, which a branch may have left behind
        _git(folder, "fetch", "--quiet", tagged, "origin", "+refs/heads/*:refs/remotes/origin/*")
    _git(folder, "fetch", "--quiet", tagged, *limits, "origin", f"+{sha}:{kept}")
    _git(folder, "checkout", "--quiet", "--force", *(["-B", branch, kept] if branch else ["--detach", sha]))
    return {"ref": ref, "commit": sha}


def _commit(site: Site, ref: str) -> str:
    for each in (ref, f"refs/heads/{ref}"):
        try:
            return site.git("rev-parse", "--verify", "--quiet", f"{each}^{{commit}}")
        except ValueError:
            continue
    raise Failed(f"A branch or tag with the name '{ref}' could not be found")


def _git(folder: Path, *arguments: str) -> None:
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607
        cwd=folder,
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode:
        raise Failed(f"git {arguments[0]}: {done.stderr}")


def setup_python(use: Use) -> Mapping[str, str]:
    """Put the interpreter of the tests, and what is installed beside it, on the PATH."""
    for name in ("python-version", "cache", "cache-dependency-path", "check-latest"):
        use.take(name)
    use.path.insert(0, str(Path(sys.executable).parent))
    return {"python-version": ".".join(map(str, sys.version_info[:3])), "python-path": sys.executable}


def upload_artifact(use: Use) -> Mapping[str, str]:
    """Keep files under a name; a name is given once."""
    name = use.take("name", "artifact")
    missing, hidden = use.take("if-no-files-found", "warn"), use.take("include-hidden-files", "false") == "true"
    use.take("retention-days"), use.take("compression-level")
    found = _found(use, hidden=hidden)
    target = use.artifacts / name
    if target.exists() and use.take("overwrite", "false") != "true":
        raise Failed(f"an artifact named {name} exists already")
    if not found:
        if missing == "error":
            raise Failed(f"No files were found with the provided path: {use.given['path']}")
        return {}
    shutil.rmtree(target, ignore_errors=True)
    root = Path(os.path.commonpath([base for base, _ in found]))
    for _, file in found:
        if any(mask.encode() in file.read_bytes() for mask in use.masks):
            raise Failed(f"a secret stands in the artifact {name}: {file.name}")
        place = target / file.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    return {"artifact-id": str(len(list(use.artifacts.iterdir())))}


def _found(use: Use, *, hidden: bool) -> list[tuple[Path, Path]]:
    """List the files that the paths name, each with the folder that it is kept relative to."""
    found = []
    for line in filter(None, map(str.strip, use.take("path").splitlines())):
        for match in sorted(use.workspace.glob(line)) if line != "." else [use.workspace]:
            base = match if match.is_dir() else match.parent
            files = [each for each in sorted(match.rglob("*")) if each.is_file()] if match.is_dir() else [match]
            found += [
                (base, each)
                for each in files
                if hidden or not any(part.startswith(".") for part in each.relative_to(use.workspace).parts)
            ]
    return found


def download_artifact(use: Use) -> Mapping[str, str]:
    """Bring back what was kept under a name, or under every name that fits a pattern."""
    name, pattern = use.take("name"), use.take("pattern", "*")
    merged = use.take("merge-multiple", "false") == "true"
    target = use.workspace / use.take("path", ".")
    if name and not (use.artifacts / name).is_dir():
        raise Failed(f"Artifact not found for name: {name}")
    found = sorted(each for each in use.artifacts.iterdir() if fnmatch.fnmatchcase(each.name, name or pattern))
    for each in found:
        into = target if name or merged else target / each.name
        shutil.copytree(each, into, dirs_exist_ok=True)
    return {"download-path": str(target)}


def app_token(slug: str = "access", **rights: str) -> Action:
    """Make `actions/create-github-app-token` for an App that was given these rights, or all."""

    def create(use: Use) -> Mapping[str, str]:
        who = use.take("client-id") or use.take("app-id")
        if not who or not use.take("private-key"):
            raise Failed("Input required and not supplied: app-id, private-key")
        for name in ("app-id", "owner", "repositories", "skip-token-revoke"):
            use.take(name)
        asked = [key for key in use.given if key.startswith(_PERMISSION)]
        narrowed = {key.removeprefix(_PERMISSION).replace("-", "_"): use.take(key) for key in asked}
        more = sorted(key for key, right in narrowed.items() if rights and rights.get(key) not in (right, "write"))
        if more:
            raise Failed(f"The permissions requested are not granted to this installation: {more}")
        token = use.site.token(f"{slug}[bot]", **(narrowed or rights))
        use.masks.add(token)
        return {"token": token, "app-slug": slug, "installation-id": "1"}

    return create


ACTIONS: Mapping[str, Action] = {
    "actions/checkout": checkout,
    "actions/create-github-app-token": app_token(),
    "actions/download-artifact": download_artifact,
    "actions/setup-python": setup_python,
    "actions/upload-artifact": upload_artifact,
}


def used(name: str, use: Use, table: Mapping[str, Action]) -> Mapping[str, str]:
    """Do what an action does; an input that it did not look at is one that nobody here knows."""
    action = table.get(name.partition("@")[0])
    if action is None:
        raise Unknown(f"uses: {name}: no stand-in for it")
    outputs = action(use)
    if strange := sorted(use.given.keys() - use.known):
        raise Unknown(f"uses: {name}: with: {strange}")
    return outputs
