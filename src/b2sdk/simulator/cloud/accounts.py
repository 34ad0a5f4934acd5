"""Removing an account with everything in it, which only the operator of a service can do."""

from __future__ import annotations

from b2sdk.simulator.cloud.cloud import Cloud
from b2sdk.simulator.cloud.model import Bucket


def remove(cloud: Cloud, account_id: str) -> None:
    """Remove an account, its buckets with their files, its keys and their tokens; ``KeyError`` if there is none.

    Its groups go, not their members, and so do its computers.
    """
    state = cloud.state
    account = state.accounts.pop(account_id)
    for bucket in [bucket for bucket in state.buckets.values() if bucket.account_id == account_id]:
        _remove_bucket(cloud, bucket)
    for key in [account.master_key, *account.keys.values()]:
        key.deleted = True  # which ends its tokens, upload URLs and download authorizations
        del state.keys[key.key_id]
        state.report_change(key)
    state.keys.pop(account_id, None)
    cloud.partners.forget(account)
    cloud.computers.forget(account_id)


def _remove_bucket(cloud: Cloud, bucket: Bucket) -> None:
    for version in list(bucket.versions):
        cloud.files.withdraw(bucket, version)
    del cloud.state.buckets[bucket.bucket_id], cloud.state.bucket_ids[cloud.state.key_of_name(bucket.name)]
    cloud.state.report_change(bucket)
