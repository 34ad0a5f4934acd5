"""Deprecations that also check that they are not overdue."""

from __future__ import annotations

from typing import Any

from b2sdk import deprecation
from b2sdk.deprecation import version_numbers


class _NotOverdue(deprecation.Renaming):
    def _check_versions(self) -> None:
        super()._check_versions()
        current = version_numbers(self.current_version)
        if current < version_numbers(self.changed_version):
            raise AssertionError(f"this {self.WHAT} is old from {self.changed_version} on, which is yet to come")
        if self.cutoff_version is not None and current >= version_numbers(self.cutoff_version):
            raise AssertionError(f"the old name of this {self.WHAT} was to be dropped in {self.cutoff_version}")


class rename_argument(_NotOverdue, deprecation.rename_argument):  # noqa: N801  # a decorator
    def __init__(self, source: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(source, *args, **kwargs)


class rename_function(_NotOverdue, deprecation.rename_function):  # noqa: N801  # a decorator
    def __init__(self, target: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(target, *args, **kwargs)
