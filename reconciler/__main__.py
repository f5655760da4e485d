"""The command line in, an exit code out: every failure becomes one message, and no traceback reaches a user."""

import os
import sys

from reconciler.errors import INTERRUPTED, SOME_FAILED, ReconcilerError, ended_by
from reconciler.garbage import collect_seldom
from reconciler.guarded import guard


def main() -> None:
    """Run the command that the arguments name."""
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "1"  # no package that lies around may have a say in what files mean
    collect_seldom()
    from reconciler.cli import app  # noqa: PLC0415  inside, so that an import that fails is reported like the rest

    guard()
    try:
        app(prog_name="reconciler")
    except (KeyboardInterrupt, SystemExit) as ended:
        if isinstance(ended, SystemExit) and ended.code != INTERRUPTED:
            raise
        _complain("Stopped before anything was written to Azure.")  # `apply` has its own word once it writes
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read our output has seen enough
        sys.exit(SOME_FAILED)
    except Exception as error:
        if os.environ.get("RECONCILER_DEBUG") and not isinstance(error, ReconcilerError):
            raise
        code, lines = ended_by(error)
        _complain(*lines)
        sys.exit(code)


def _complain(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()
