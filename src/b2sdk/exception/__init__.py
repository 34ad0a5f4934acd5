"""The tree of error classes.

    B2Error
    ├── B2SimpleError                       str() is "<words of the class name>: <arguments>"
    │   ├── B2ConnectionError, B2RequestTimeout          the transport failed; a retry may help
    │   │   └── ConnectionImpossible        a retry will not
    │   ├── ResourceNotFound
    │   │   ├── FileOrBucketNotFound        FileNotPresent, NonExistentBucket
    │   │   └── BucketIdNotFound
    │   ├── InvalidJsonResponse             PotentialS3EndpointPassedAsRealm
    │   ├── B2HttpCallbackException         raised by hooks; ClockSkew is one
    │   ├── BaseDirectoryError              EmptyDirectory (DirectoryNotFound), NotADirectory, UnableToCreateDirectory
    │   └── Conflict, DuplicateBucketName, FileAlreadyHidden, UnknownError ...
    ├── AccountInfoError                    CorruptAccountInfo, MissingAccountData
    ├── BadRequest                          400 with a message and a code
    ├── Unauthorized                        401: InvalidAuthToken, EmailNotVerified, NoPaymentHistory
    ├── AccessDenied                        403: SSECKeyError, RetentionWriteError
    ├── CapExceeded                         403: StorageCapExceeded, TransactionCapExceeded
    ├── ServiceError, RequestTimeout, TooManyRequests    5xx, 408, 429
    ├── DestinationError                    the destination of a download is unusable
    ├── InvalidUserInput                    rejected by the client, before any request
    ├── PartnerError, OutcomeUnclear ...    of the APIs for partners, which have a tree of their own
    └── ChecksumMismatch, TruncatedOutput, MaxRetriesExceeded, RestrictedBucket ...

What belongs here is what an error carries, how it reads, and whether a retry may help: of the same request
(:meth:`B2Error.should_retry_http`), or of an upload with another upload URL (:meth:`B2Error.should_retry_upload`).
Errors of requests are in :mod:`b2sdk.exception.service`, those that are found before or after in
:mod:`b2sdk.exception.client`, those of the APIs for partners in :mod:`b2sdk.exception.partner`. Which response of the
service becomes which error is in :mod:`b2sdk.error_table`.

No error text contains a key or a token; :mod:`b2sdk.error_text` hides them.
"""

from __future__ import annotations

from b2sdk.exception.base import (
    B2Error as B2Error,
    B2SimpleError as B2SimpleError,
    TransientErrorMixin as TransientErrorMixin,
    _rebuild as _rebuild,  # pickled errors name it
)
from b2sdk.exception.client import *  # noqa: F403  # its names are written once
from b2sdk.exception.service import *  # noqa: F403
