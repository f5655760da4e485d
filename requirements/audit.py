"""Pinned requirements in; their known weaknesses out, or a line that says why nobody could be asked.

A database that does not know of any weakness must not be taken for one that has found none: a mirror of the package
index answers without them. So each is asked first for one that everybody has known since 2019 (CVE-2019-10906).
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

KNOWN = "jinja2==2.10"
DATABASES = ("pypi", "osv")  # of pip-audit
_PATIENCE = 600  # seconds


def main(requirements: list[str]) -> int:
    """Audit, and give pip-audit's own exit code; 0 where no database can be asked."""
    silent = {}
    for name in DATABASES:
        why = _why_not(name)
        if not why:
            files = [part for each in requirements for part in ("-r", each)]
            return _audit(name, "--require-hashes", *files).returncode
        silent[name] = why
    sys.stdout.write(f"SKIPPED audit-dependencies: {'; '.join(f'{name}: {why}' for name, why in silent.items())}\n")
    return 0


def _why_not(database: str) -> str:
    """Say why a database is of no use; nothing where it is."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder, "requirements.txt")
        asked.write_text(f"{KNOWN}\n")
        done = _audit(database, "--no-deps", "-r", str(asked), "--format", "json", captured=True)
    try:
        (told,) = json.loads(done.stdout)["dependencies"]
    except (ValueError, LookupError, TypeError):
        return f"it cannot be reached ({(done.stderr.strip().splitlines() or ['no answer'])[-1][-120:]})"
    return "" if told.get("vulns") else f"it is reached, but knows nothing of {KNOWN}"


def _audit(database: str, *arguments: str, captured: bool = False) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", database, "--progress-spinner", "off"]
    return subprocess.run(  # noqa: S603
        [*command, "--disable-pip", *arguments], capture_output=captured, text=True, check=False, timeout=_PATIENCE
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
