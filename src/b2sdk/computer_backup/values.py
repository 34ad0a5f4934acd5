"""Computers, as the Computer Backup API describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from b2sdk.paging import Paged
from b2sdk.partner.responses import TIME_IN_ANY_FORM
from b2sdk.values.json import JsonObject
from b2sdk.values.shape import ID, TEXT, Shape, list_of

COMPUTER: Final = Shape(
    "a computer", {"computerId": ID}, {"computerName": TEXT, "lastFileUploadedTimestamp": TIME_IN_ANY_FORM}
)
COMPUTERS: Final = Paged(
    Shape(
        "a listing of computers",
        {"computers": list_of(Shape("a computer", {"computerId": ID})), "nextComputerId": TEXT.or_null()},
    ),
    "computers",
    "nextComputerId",
)


@dataclass(frozen=True)
class Computer:
    """A computer that an account backs up."""

    computer_id: str
    """24 hexadecimal digits."""
    name: str | None
    """The name of the computer."""
    last_file_uploaded_timestamp: int | None
    """When it uploaded its last file, in milliseconds since 1970; ``None`` if the service does not say."""

    @classmethod
    def from_response(cls, response: JsonObject) -> Computer:
        """Read what the service says.

        :raises UnexpectedCloudBehaviour: it is not what the protocol promises.
        """
        with COMPUTER.reading(response):
            uploaded = response.get("lastFileUploadedTimestamp")
            return cls(
                computer_id=response["computerId"],
                name=response.get("computerName"),
                last_file_uploaded_timestamp=None if uploaded is None else int(uploaded),
            )
