# For type checkers only: how a surface says that what it inherits returns its own classes. Decorated with
# `parameters_of(bucket.Bucket.hide_file)`, the declaration of a method spells its result alone, and has the parameters
# of the method that is named. It stands under `if TYPE_CHECKING`: when the program runs, the method is the inherited
# one, and there is no module of this name.

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

def parameters_of(
    inherited: Callable[Concatenate[Any, _P], object],
) -> Callable[[Callable[[Any], _R]], Callable[Concatenate[Any, _P], _R]]: ...
