"""Files that are approved and what a merge edits in; the files with it, or the paths where it stands on others, out.

What reached a branch without approval is left out of what is applied, and so is what was built on it.
"""

from collections.abc import Mapping

from reconciler.sources import Edits


def standing_on_others(contents: Mapping[str, bytes], edits: Edits) -> tuple[str, ...]:
    """Name the paths that are edited from something that is not approved.

    What is so already stands on nothing. Nor does what goes altogether, so that what was put into a file without
    approval does not hold up its end; unless another file comes, which GitHub would show as the same one renamed.
    """
    adds = any(was is None for was, _ in edits.values())
    return tuple(
        path for path, sides in edits.items() if contents.get(path) not in sides and (adds or sides[1] is not None)
    )


def with_edits(contents: Mapping[str, bytes], edits: Edits) -> dict[str, bytes]:
    """Give the contents as the edits leave them, in sorted order as a folder gives them."""
    after = {**contents, **{path: now for path, (_, now) in edits.items() if now is not None}}
    gone = {path for path, (_, now) in edits.items() if now is None}
    return {path: after[path] for path in sorted(after.keys() - gone)}
