"""Everything `curate` raises on purpose.

    CurateError            exit 1   anything the tool itself could not do
    ├── RecipeError        exit 2   the recipe is wrong; carries every complaint at once
    ├── MissingExtra       exit 2   the recipe needs a part that is not installed
    ├── DataError          exit 3   the data is wrong: too much of it unreadable, nothing matched
    │   ├── Unreadable              one content cannot be read; becomes a verdict, never ends a build
    │   └── ChangedContent          a content is not what was hashed
    ├── GateFailed         exit 4   a release was built and refused
    ├── BudgetSpent        exit 5   the time or energy that was allowed is used up; nothing is wrong
    ├── Forgotten          exit 1   the release is no more: something in it had to be forgotten
    ├── ReleaseExists      exit 1   the version is published and a rebuild differs from it
    └── StoreError         exit 1   the measure store cannot be used

Every message says what happened and where; `hint` says what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class CurateError(Exception):
    """Base of the tree; `exit_code` is what the command line returns."""

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint:
            self.add_note(f"hint: {hint}")

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback: it is the data or the recipe, not the code."""
        return [f"{type(self).__name__}: {self.message}", *getattr(self, "__notes__", ())]


class RecipeError(CurateError):
    """`message` is the rendered text of all complaints; `complaints` holds each as JSON."""

    exit_code = 2

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        complaints: Iterable[Mapping[str, str | int | None]] = (),
    ) -> None:
        super().__init__(message, hint)
        self.complaints = tuple(complaints)


class MissingExtra(CurateError):
    exit_code = 2

    def __init__(self, need: str, extra: str) -> None:
        super().__init__(f"{need} needs the extra '{extra}'", f"pip install 'curate[{extra}]'")
        self.need, self.extra = need, extra

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        """It may be met in another process than the one that tells of it."""
        return type(self), (self.need, self.extra)


class DataError(CurateError):
    exit_code = 3


class Unreadable(DataError):
    """One content that cannot be read; the message is the decoder's own."""


class ChangedContent(DataError):
    """Raised in the middle of a build; another one sees it as it is now."""


class GateFailed(CurateError):
    exit_code = 4


class BudgetSpent(CurateError):
    exit_code = 5


class Forgotten(CurateError):
    pass


class NotFiled(CurateError):
    """A release is published, and its card or report could not be filed."""


class ReleaseExists(CurateError):
    pass


class OtherFormat(CurateError):
    """A release of another version of curate."""


class StoreError(CurateError):
    pass
