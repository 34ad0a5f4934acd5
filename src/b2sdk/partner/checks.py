"""What arguments may be, before anything is sent. No text repeats an argument: addresses are nobody else's business."""

from __future__ import annotations

import re
from typing import Final

from b2sdk.exception import InvalidArgument

_ADDRESS: Final = re.compile(r"[^@\s\x00-\x1f\x7f<>\"(),;:\\]+@[^@\s\x00-\x1f\x7f<>\"(),;:\\]+\.[^@\s.\x00-\x1f\x7f]+")
_LONGEST_ADDRESS: Final = 254
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_REGION: Final = re.compile(r"[a-z]+-[a-z]+", re.ASCII)
DAYS_OF_TRIAL: Final = range(7, 31)
TERABYTES_OF_TRIAL: Final = range(1, 51)


def check_email(parameter: str, email: str) -> None:
    """Refuse what is no address.

    :raises InvalidArgument: names the parameter.
    """
    if len(email) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(email):
        raise InvalidArgument(parameter, "is no e-mail address")


def check_id(parameter: str, id_: str) -> None:
    """Refuse what no id of the service looks like.

    :raises InvalidArgument: names the parameter.
    """
    if not _ID.fullmatch(id_):
        raise InvalidArgument(parameter, "is no id: it must have 1 to 100 letters, digits, hyphens and underscores")


def check_region(region: str) -> None:
    """Refuse what no region of an account looks like; which there are is known to the service.

    :raises InvalidArgument: names the parameter.
    """
    if not _REGION.fullmatch(region):
        raise InvalidArgument("region", "is no region of an account: those are us-west, us-east, eu-central and so on")


def check_number(parameter: str, number: object, allowed: range) -> None:
    """Refuse what is no whole number of a range.

    :raises InvalidArgument: names the parameter.
    """
    if type(number) is not int or number not in allowed:
        raise InvalidArgument(parameter, f"must be a whole number from {allowed[0]} to {allowed[-1]}")
