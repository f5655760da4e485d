"""Arguments in, exit codes out: the verbs, thin, and the only place that wires the parts together."""

import re
from collections import UserDict
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")
_VERBS = (
    "audit",
    "who-can",
    "what-can",
    "what-if",
    "why",
    "usage",
    "adopt",
    "request",
    "validate",
    "plan",
    "approvals",
    "comment",
    "apply",
    "converge",
    "deliver",
    "rotate",
    "probe",
    "cut",
    "drift",
    "renew",
    "remind",
    "evidence",
    "review",
    "backstage",
    "site",
    "mcp",
    "environments",
    "init",
    "doctor",
    "leave",
    "memory",
    "codeowners",
    "schema",
    "kinds",
    "permissions",
    "emulate",
    "demo",
)


class _Verbs(UserDict[str, Any]):
    """The verbs, each made when it is asked for: `validate` must not wait for what `adopt` needs."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(_VERBS))

    def __getitem__(self, name: str) -> Any:
        if super().__getitem__(name) is None:
            verb = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode="rich")
            import_module(f"reconciler.cli.{name.replace('-', '_')}").register(verb)
            command = get_command(verb)
            command.help = _LINE_END.sub(" ", command.help or "")  # typer unfolds the first paragraph alone
            self[name] = command
        return super().__getitem__(name)


class _Group(TyperGroup):
    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.commands = _Verbs()


app = typer.Typer(
    name="reconciler",
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  a twentieth of a second for everybody else

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

    Begin with [bold]reconciler demo[/bold], which needs no Azure, or with [bold]reconciler init[/bold] in a new folder.
    Then, each day: edit YAML, [bold]validate[/bold], [bold]plan[/bold], [bold]apply[/bold].
    """
