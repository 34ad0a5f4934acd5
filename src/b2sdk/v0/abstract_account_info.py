"""Account infos that tell the id of their key under its first name as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from b2sdk.v1 import abstract_account_info as v1


class OldAccountInfoMethods(v1.OldAccountInfoMethods):
    """Mixed in before the class that stores."""

    def get_account_id_or_app_key_id(self) -> str:
        """Like :meth:`get_application_key_id`."""
        return self.get_application_key_id()


class AbstractAccountInfo(OldAccountInfoMethods, v1.AbstractAccountInfo):
    pass


# For type checkers, as in v2: each account info is one of them.
if TYPE_CHECKING:
    OfThisSurface: TypeAlias = AbstractAccountInfo
else:
    OfThisSurface = OldAccountInfoMethods
