"""What JSON text can stand for."""

from __future__ import annotations

from typing import TypeAlias, Union

JSON: TypeAlias = Union[dict[str, "JSON"], list["JSON"], str, int, float, bool, None]  # noqa: UP007  # `|` refuses text
