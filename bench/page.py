"""Writes the generated sections of docs/performance.md and its plots from docs/performance/*.json; with --check, says if they are out of date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "controlplane"))  # what the bench's modules import

from yardstick.page import filled, kept, pictures

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"


def files(docs: Path = DOCS) -> dict[Path, str]:
    """What the page and the plots must say, by path."""
    results = kept(docs / "performance")
    page = docs / "performance.md"
    drawings = {docs / "performance" / name: text for name, text in pictures(results).items()}
    return {page: filled(page.read_text(encoding="utf-8"), results), **drawings}


def main() -> int:
    """Exit code 1 where --check finds something out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    old = {
        path: text for path, text in files().items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    }
    for path, text in old.items():
        if check:
            print(f"docs/{path.relative_to(DOCS)} is out of date; run: make performance", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
            print(f"docs/{path.relative_to(DOCS)} written")
    return 1 if check and old else 0


if __name__ == "__main__":
    sys.exit(main())
