"""`reconciler emulate`: a port and a seed in; a local Azure that anybody's client can speak to, until it is stopped."""

from pathlib import Path
from typing import Annotated

import typer

Port = Annotated[int, typer.Option("--port", help="On 127.0.0.1; 0 takes a free one.", min=0, max=65_535)]
Seed = Annotated[
    Path | None, typer.Option("--seed", metavar="FILE", help="Services and identities to begin with (JSON).")
]
State = Annotated[Path | None, typer.Option("--state", metavar="FILE", help="Keep the services' state in this file.")]
Env = Annotated[
    Path | None, typer.Option("--env", metavar="FILE", help="Write what to export there, as KEY=value lines.")
]
Throttle = Annotated[bool, typer.Option("--throttle", help="Refuse with 429 by Azure Resource Manager's buckets.")]
Latency = Annotated[int, typer.Option("--latency", metavar="MS", help="Wait before each answer.", min=0)]
Log = Annotated[bool, typer.Option("--log", help="Print each request.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(emulate)


def emulate(
    *,
    port: Port = 8443,
    seed: Seed = None,
    state: State = None,
    env: Env = None,
    throttle: Throttle = False,
    latency: Latency = 0,
    log: Log = False,
) -> None:
    """Run a local Azure over TLS, on loopback only: API Management, Entra, Graph and Key Vault.

    It serves any service path, each as a new instance. What it prints once is what a client has to export: then
    give the environment [bold]endpoint: https://localhost:8443[/bold] in environments.yaml.

    What is to go wrong, and what was asked so far, stands under [bold]/_admin/[/bold]: docs/emulator.md.
    """
    from reconciler.cli.extra import emulator  # noqa: PLC0415  an optional part
    from reconciler.cli.run import WrongUsage  # noqa: PLC0415  the help must not wait for it

    module = emulator()
    try:
        module.run(port=port, seed=seed, state=state, env=env, throttle=throttle, latency_ms=latency, log=log)
    except module.SeedError as error:
        raise WrongUsage(f"The services to begin with cannot be made: {error}") from error
    except OSError as error:
        raise WrongUsage(f"Port {port} or a file cannot be used: {error.strerror or error}. Try --port 0.") from error
