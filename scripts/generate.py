"""Writes the generated pages below docs/ from the code's own tables; with --check, says which are out of date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evergauge.kinds import KINDS
from evergauge.options import reference
from evergauge.reference.pages import pages

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
PAGES: Final[Mapping[str, str]] = {
    "reference/flags.md": reference.page(),
    **{f"metrics/{name}": text for name, text in pages(KINDS).items()},
}
FOLDERS: Final = ("metrics",)
"""Folders that hold generated pages and nothing else."""


def outdated(docs: Path = DOCS) -> list[str]:
    """The pages that are not what the code says, by their paths below `docs`; those that should be gone come last."""
    return [name for name, text in PAGES.items() if not _says(docs / name, text)] + _left_over(docs)


def write(docs: Path = DOCS) -> list[str]:
    """Write the pages that are out of date, and remove those that should be gone; their paths below `docs`."""
    names = outdated(docs)
    for name in names:
        if name in PAGES:
            (docs / name).parent.mkdir(parents=True, exist_ok=True)
            (docs / name).write_text(PAGES[name], encoding="utf-8")
        else:
            (docs / name).unlink()
    return names


def _left_over(docs: Path) -> list[str]:
    found = [path.relative_to(docs).as_posix() for folder in FOLDERS for path in sorted((docs / folder).glob("*"))]
    return [name for name in found if name not in PAGES]


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def main() -> int:
    """Exit code 1 where --check finds a page out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    if parser.parse_args().check:
        names = outdated()
        for name in names:
            print(f"docs/{name} is out of date; run: make docs", file=sys.stderr)
        return 1 if names else 0
    for name in write():
        print(f"docs/{name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
