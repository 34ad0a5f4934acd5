"""What the partner API promises of its responses: a table of shapes.

No more is promised than a program cannot do without: the pages of the service contradict each other, and a response
that is refused here may be the only one that contains a key.
"""

from __future__ import annotations

import re
from typing import Final

from b2sdk.paging import Paged
from b2sdk.values.responses import COUNT, TEXTS, TIME
from b2sdk.values.shape import ID, TEXT, Kind, Shape, list_of

_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)

COUNT_IN_ANY_FORM: Final = Kind(
    "a whole number, or its decimal digits",
    lambda value: COUNT.fits(value) or (isinstance(value, str) and _NUMBER.fullmatch(value) is not None),
)
TIME_IN_ANY_FORM: Final = Kind(
    "a time in milliseconds, or its decimal digits",
    lambda value: TIME.fits(value) or (isinstance(value, str) and _NUMBER.fullmatch(value) is not None),
)
ID_IN_ANY_FORM: Final = Kind("an id", lambda value: ID.fits(value) or COUNT.fits(value))

SUITE: Final = Shape("an API of the account", {}, {"capabilities": TEXTS, "groupsApiUrl": TEXT, "backupApiUrl": TEXT})
AUTHORIZATION: Final = Shape(
    "an authorization",
    {
        "accountId": ID,
        "authorizationToken": Kind(
            "a token", lambda value: ID.fits(value) and value.isascii() and value.isprintable() and " " not in value
        ),
        "apiInfo": Shape("the APIs of an account", {}, {"groupsApi": SUITE, "backupApi": SUITE}),
    },
)

B2_STATS: Final = Shape(
    "statistics of B2",
    {},
    {
        "b2BytesStoredCount": COUNT_IN_ANY_FORM,
        "b2FilesStoredCount": COUNT_IN_ANY_FORM,
        "bucketCount": COUNT_IN_ANY_FORM,
        "b2StatsAsOfTimestamp": TEXT,
    },
)
GROUP: Final = Shape(
    "a group",
    {"groupId": ID_IN_ANY_FORM, "groupName": TEXT},
    {
        "groupProducts": TEXTS,
        "accountStandingDetails": Shape("the standing of a group", {}, {"state": TEXT}),
        "b2Stats": B2_STATS,
        "groupStats": Shape(
            "statistics of a group",
            {},
            {"createdTimestamp": TEXT, "groupStatsAsOfTimestamp": TEXT, "memberCount": COUNT_IN_ANY_FORM},
        ),
    },
)
MEMBER: Final = Shape(
    "a member of a group",
    {"accountId": ID, "email": TEXT},
    {"groupId": ID_IN_ANY_FORM, "groupName": TEXT, "region": TEXT, "s3Endpoint": TEXT, "b2Stats": B2_STATS},
)
CREATED_MEMBER: Final = Shape(
    "a new member of a group", {"applicationKeyId": ID, "applicationKey": ID, "groupMember": MEMBER}
)
TRIAL: Final = Shape(
    "a trial",
    {"accountId": ID, "applicationKeyId": ID, "applicationKey": ID, "bucketId": ID, "bucketName": TEXT},
    {"email": TEXT, "s3Endpoint": TEXT, "startDate": TEXT, "endDate": TEXT},
)
GROUPS: Final = Paged(
    Shape(
        "a listing of groups",
        {"groups": list_of(Shape("a group", {"groupId": ID_IN_ANY_FORM})), "nextGroupId": ID_IN_ANY_FORM.or_null()},
    ),
    "groups",
    "nextGroupId",
)
MEMBERS: Final = Paged(
    Shape(
        "a listing of members",
        {"groupMembers": list_of(Shape("a member", {"accountId": ID})), "nextEmail": TEXT.or_null()},
    ),
    "groupMembers",
    "nextEmail",
)
