"""The optional part in, or a sentence that says how to install it."""

from types import ModuleType

from reconciler.errors import WRONG_USAGE, ReconcilerError


class NotInstalled(ReconcilerError):
    """An optional part is missing."""

    exit_code = WRONG_USAGE


def emulator() -> ModuleType:
    """Import the emulator, which has dependencies of its own."""
    try:
        import reconciler.emulator as module  # noqa: PLC0415  optional
    except ModuleNotFoundError as error:
        raise NotInstalled(f"The emulator needs {error.name}: pip install 'apim-reconciler[emulator]'.") from error
    return module


def live() -> ModuleType:
    """Import what serves a catalog over HTTP."""
    try:
        import reconciler.live as module  # noqa: PLC0415  optional
    except ModuleNotFoundError as error:
        raise NotInstalled(f"To serve it {error.name} is needed: pip install 'apim-reconciler[serve]'.") from error
    return module


def assistant() -> ModuleType:
    """Import what serves assistants, with its server and its HTTP."""
    try:
        import reconciler.assist.http  # noqa: PLC0415  optional
        import reconciler.assist.server  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise NotInstalled(
            f"The server for assistants needs {error.name}: pip install 'apim-reconciler[mcp]'."
        ) from error
    return reconciler.assist
