from typing import Any

# What is below is found while a program runs; type checkers take each of its names as it comes.
def __getattr__(name: str) -> Any: ...
