"""`reconciler leave`: declarations in; the blocks by which Terraform takes over what is governed, out."""

import typer

from reconciler.cli.options import ACCESS, Elsewhere, Folder, OneEnvironment, day


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(leave)


def leave(*, access: Folder = ACCESS, environment: OneEnvironment = None, output: Elsewhere = None) -> None:
    """Write the way back: import blocks for everything that the files govern. Reads no Azure and changes nothing.

    Then [bold]terraform plan -generate-config-out=access.tf[/bold] writes the resources. Set [bold]mode: observe[/bold]
    before Terraform applies, so that only one of the two writes.
    """
    from reconciler.cli import run  # noqa: PLC0415  the help must not wait for the kinds
    from reconciler.compile import compile as meaning  # noqa: PLC0415
    from reconciler.terraform import take_over  # noqa: PLC0415

    today = day(None)
    declarations = run.declared(access, day=today).declarations
    name = run.only(declarations, environment)
    text = take_over(meaning(declarations, name, day=today).state, declarations.environments[name].service)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        typer.echo(f"Written: {output}. Next: terraform plan -generate-config-out=access.tf", err=True)
