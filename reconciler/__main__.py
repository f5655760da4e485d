"""The command line in, an exit code out: every failure becomes one message, and no traceback reaches a user."""

import errno
import os
import sys

from reconciler.errors import INTERRUPTED, SOME_FAILED, WRONG_USAGE, DeclarationError, ReconcilerError, printable
from reconciler.garbage import collect_seldom
from reconciler.guarded import guard

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_STAYS = "What was done in Azure stays done; the next run finds it so."


def main() -> None:
    """Run the command that the arguments name."""
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "1"  # no package that lies around may have a say in what files mean
    collect_seldom()
    from reconciler.cli import app  # noqa: PLC0415  inside, so that an import that fails is reported like the rest

    guard()
    try:
        app(prog_name="reconciler")
    except DeclarationError as error:
        _complain(*map(str, error.problems), _how_many(len(error.problems)))
        sys.exit(error.exit_code)
    except ReconcilerError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as ended:
        if isinstance(ended, SystemExit) and ended.code != INTERRUPTED:
            raise
        _complain("Stopped before anything was written to Azure.")  # `apply` has its own word once it writes
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read our output has seen enough
        sys.exit(SOME_FAILED)
    except Exception as error:
        if os.environ.get("RECONCILER_DEBUG"):
            raise
        if isinstance(error, OSError) and error.filename:
            _complain(f"{error.filename}: {error.strerror}. Name another place, or make this one.")
            sys.exit(WRONG_USAGE)
        if isinstance(error, OSError) and error.errno in _FULL:
            _complain(f"{error.strerror}: not all could be written here. Make room, and run again.", _STAYS)
            sys.exit(SOME_FAILED)
        kind = type(error).__name__
        _complain(f"A mistake in reconciler itself: {kind}: {printable(str(error))}", "RECONCILER_DEBUG=1 shows where.")
        sys.exit(SOME_FAILED)


def _how_many(problems: int) -> str:
    return f"{problems} problem{'s' * (problems != 1)}. Nothing was written."


def _complain(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()
