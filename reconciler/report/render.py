"""Plans and a format in; text on a console, or a file, out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from rich.console import Console

from reconciler.apply import Outcome
from reconciler.plan import Plan
from reconciler.report import markdown, text
from reconciler.report.document import FailedDocument, PlansDocument, document
from reconciler.report.story import tell

Format = Literal["text", "markdown", "json"]


def render(
    plans: Sequence[Plan],
    format: Format,  # noqa: A002  the word of the command line
    output: Path | None,
    console: Console,
    *,
    outcomes: Mapping[str, Sequence[Outcome]] | None = None,
    failed: Sequence[FailedDocument] = (),
) -> None:
    """Print plans, or write them to a file; text goes to a file without colour."""
    if output is not None:
        with output.open("w", encoding="utf-8") as file:
            render(
                plans,
                format,
                None,
                Console(file=file, width=120, highlight=False, emoji=False, markup=False),
                outcomes=outcomes,
                failed=failed,
            )
        return
    if format == "json":
        done = outcomes or {}
        documents = [document(plan, done.get(plan.target.environment, ())) for plan in plans]
        made = PlansDocument(plans=documents, failed=list(failed))
        console.file.write(made.model_dump_json(indent=2, ensure_ascii=True) + "\n")
    elif format == "markdown":
        room = markdown.LIMIT // max(len(plans), 1) - 1
        console.file.write("\n".join(markdown.render(tell(plan), limit=room) for plan in plans))
    else:
        for plan in plans:
            text.show(console, tell(plan))
