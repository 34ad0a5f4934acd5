"""A cache that need not know the name of a bucket by its id, which came later."""

from __future__ import annotations

from typing_extensions import override

from b2sdk import cache


class AbstractCache(cache.AbstractCache):
    @override
    def get_bucket_name_or_none_from_bucket_id(self, bucket_id: str) -> str | None:
        return None
