"""One reader under atheris, which tells libFuzzer what of its code a file reaches.

    python -m tests.fuzz.instrumented TARGET [OPTION OF LIBFUZZER …] [FOLDER …]

`curate` and its YAML are instrumented as they are imported, so that nothing of them may be before.
"""

from __future__ import annotations

import sys
from contextlib import suppress

import atheris


def main() -> None:
    with atheris.instrument_imports(include=["curate", "ruamel"]):
        from curate.errors import CurateError
        from tests.fuzz.targets import target

        known = target(sys.argv[1])

        def read(data: bytes) -> None:
            with suppress(CurateError):
                known.read(data)

        read(known.seeds[0])  # imports what it needs, whose code is run once and is nobody's merit
        atheris.Setup([sys.argv[0], *sys.argv[2:]], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
