"""An address in; a socket that listens there out, or a sentence that says why there is none."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket


def listening(host: str, port: int) -> "socket.socket":
    """Listen."""
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  the help must not wait for the models
    from reconciler.serving import listening as taken  # noqa: PLC0415  an optional part

    try:
        return taken(host, port)
    except OSError as error:
        raise WrongUsage(f"{host}:{port} cannot be listened on: {error.strerror or error}.") from error
