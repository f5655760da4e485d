"""A second opinion: the emulator imports nothing of the tool that is tested against it."""

import ast
from pathlib import Path

import reconciler.emulator

FOLDER = Path(reconciler.emulator.__file__).parent


def test_the_emulator_imports_nothing_else_of_ours() -> None:
    files = list(FOLDER.rglob("*.py"))
    assert len(files) > 50
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = [name for name in names if name.split(".")[0] == "reconciler"]
            assert all(name.split(".")[:2] == ["reconciler", "emulator"] for name in ours), f"{file.name}: {ours}"
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{file.name}: a relative import"
