"""Arguments in, exit codes out: the verbs, thin, and the only place that wires the parts together."""

from importlib.metadata import version
from typing import Annotated

import typer

from reconciler.cli import (
    adopt,
    apply,
    approvals,
    audit,
    backstage,
    codeowners,
    comment,
    converge,
    cut,
    deliver,
    demo,
    doctor,
    drift,
    emulate,
    environments,
    init,
    kinds,
    leave,
    mcp,
    memory,
    permissions,
    plan,
    probe,
    remind,
    renew,
    request,
    rotate,
    schema,
    validate,
)

app = typer.Typer(
    name="reconciler",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"reconciler {version('apim-reconciler')}")
        raise typer.Exit


@app.callback(
    epilog="Exit codes: 0 fine, 1 some changes failed, 2 wrong usage, 3 declarations invalid, 4 refused, "
    "5 Azure not reached or denied; with --exit-code 10 when there is something to do."
)
def reconciler(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version.", callback=lambda value: _version(wanted=value), is_eager=True
        ),
    ] = False,
) -> None:
    """Who may call what in Azure API Management: declared in YAML, applied as the smallest change.

    Begin with [bold]reconciler demo[/bold], which needs no Azure, or [bold]reconciler init[/bold] for a repository of
    your own. Then, each day: edit YAML, [bold]validate[/bold], [bold]plan[/bold], [bold]apply[/bold].
    """


_VERBS = (
    *(
        audit,
        adopt,
        request,
        validate,
        plan,
        approvals,
        comment,
        apply,
        converge,
        deliver,
        rotate,
        probe,
        cut,
        drift,
        renew,
        remind,
        backstage,
    ),
    *(mcp, environments, init, doctor, leave, memory, codeowners, schema, kinds, permissions, emulate, demo),
)
for _verb in _VERBS:
    _verb.register(app)
