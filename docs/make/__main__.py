"""`python -m docs.make`: put the pages together, and build the site from them.

Pages that are written lie in `docs/`; what is made from the code (tables of parameters, the reference) and
from the examples' own releases (pictures) is added on the way to `build/docs`. zensical makes
`build/site` of that, which opens from disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from docs.make.example import ROOT, replayed
from docs.make.made import asks_for_a_release, filled
from docs.make.page import Page
from docs.make.reference import reference

DOCS = ROOT / "docs"
ZENSICAL = (sys.executable, "-m", "zensical", "build", "--strict", "--clean")
"""A link that leads nowhere stops it."""


def main() -> None:
    """Build the site."""
    build = ROOT / "build"
    os.environ.setdefault("CURATE_STORE", str(build / "store"))
    stage(build / "docs")
    for path in sorted((build / "docs").rglob("*.md")):
        path.write_text(_whole(Page.read(path)), encoding="utf-8")
    subprocess.run(ZENSICAL, cwd=ROOT, check=True)
    sys.stdout.write(f"open {build / 'site' / 'index.html'}\n")


def stage(target: Path) -> None:
    """Everything that the site is made of, but for what pages ask for in comments."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(DOCS, target, ignore=shutil.ignore_patterns("make", "__pycache__"))
    (target / "reference").mkdir()
    for name, text in reference().items():
        (target / "reference" / f"{name}.md").write_text(text, encoding="utf-8")


def _whole(page: Page) -> str:
    """The page with what is made; its examples are run if it shows what they built."""
    with TemporaryDirectory() as folder:
        if asks_for_a_release(page.text):
            sys.stdout.write(f"running the examples of {page.path.stem}\n")
            replayed(page, Path(folder))
        return filled(page.text, Path(folder), page.path)


if __name__ == "__main__":
    main()
