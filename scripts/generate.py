"""Writes the generated pages below docs/ from the code's own tables; with --check, says which are out of date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evergauge.options import reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
PAGES: Final[Mapping[str, Callable[[], str]]] = {"reference/flags.md": reference.page}


def outdated(docs: Path = DOCS) -> list[str]:
    """The pages that are not what the code says, by their paths below `docs`."""
    return [name for name, page in PAGES.items() if not _says(docs / name, page())]


def write(docs: Path = DOCS) -> list[str]:
    """Write the pages that are out of date; their paths below `docs`."""
    names = outdated(docs)
    for name in names:
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).write_text(PAGES[name](), encoding="utf-8")
    return names


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
