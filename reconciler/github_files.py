"""Nothing in; the files by which GitHub runs this tool, out: of this repository in a checkout, else of the wheel."""

import hashlib
from pathlib import Path


def github_files() -> dict[str, str]:
    """Give the workflows, what they install, and the form that asks for access, under their paths in a repository."""
    package = Path(__file__).parent
    inside = package / "github_files"
    source = inside if inside.is_dir() else package.parent / ".github"
    patterns = ("workflows/access-*.yml", "ISSUE_TEMPLATE/request-access.yml", "access-requirements.txt")
    found = (path for pattern in patterns for path in source.glob(pattern))
    return {
        f".github/{path.relative_to(source).as_posix()}": path.read_text(encoding="utf-8") for path in sorted(found)
    }


def digest(text: str) -> str:
    """Digest a file as git does, which is how GitHub lists it."""
    content = text.encode()
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()
