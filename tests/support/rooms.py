"""The rooms of the package and what each imports, drawn as text from the code: ``python -m tests.support.rooms``."""

from __future__ import annotations

import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]
ARCHITECTURE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: python -m tests.support.rooms -->\n```text\n", "```\n<!-- end of rooms -->"
WIDTH = 18
"""Characters of a room's name in the picture."""


def picture() -> str:
    """Draw every room with the rooms that it imports; each row may import from the rows below it alone."""
    graph = grimp.build_graph("airflow_provider_symbl", include_external_packages=False, cache_dir=None)
    layers = _layers()
    return "\n\n".join(_drawn(graph, container, rows) for container, rows in layers.items()) + "\n"


def write() -> None:
    """Replace the picture in ``docs/architecture.md`` by that of the code."""
    text = ARCHITECTURE.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    ARCHITECTURE.write_text(f"{before}{BEGIN}{picture()}{END}{after}")


def _layers() -> dict[str, list[list[str]]]:
    """Read the rows of rooms from the import rules, the highest first: by the package that holds the rooms."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return {
        rule["containers"][0]: [[room.strip(" ()") for room in row.split("|")] for row in rule["layers"]]
        for rule in rules
        if rule["type"] == "layers" and len(rule["containers"]) == 1
    }


def _drawn(graph: grimp.ImportGraph, container: str, rows: list[list[str]]) -> str:
    lines = []
    for row in rows:
        rooms = [room for room in row if f"{container}.{room}" in graph.modules]
        lines += [_line(graph, container, room, is_first=room == rooms[0]) for room in rooms]
    return "\n".join([container, *lines])


def _line(graph: grimp.ImportGraph, container: str, room: str, *, is_first: bool) -> str:
    bar = "├── " if is_first else "│   "
    imported = ", ".join(sorted(_imported(graph, container, room)))
    return f"{bar}{room:{WIDTH}} imports {imported}" if imported else f"{bar}{room:{WIDTH}} imports no other room"


def _imported(graph: grimp.ImportGraph, container: str, room: str) -> set[str]:
    name = f"{container}.{room}"
    modules = {name, *graph.find_descendants(name)}
    targets = {target for module in modules for target in graph.find_modules_directly_imported_by(module)}
    inside = {target.removeprefix(f"{container}.") for target in targets if target.startswith(f"{container}.")}
    return {target.partition(".")[0] for target in inside} - {room}


if __name__ == "__main__":
    write()
    print(picture(), end="")  # noqa: T201 - a command: what it prints is its result
