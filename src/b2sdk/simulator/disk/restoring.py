"""Putting a cloud together again from its records.

What belongs here is the order in which things are put back, and the tables and lists in which each has its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from b2sdk.simulator.cloud.model import Account, Key
from b2sdk.simulator.cloud.state import State
from b2sdk.simulator.disk import records

Read = Callable[[str], Iterable[records.Record]]
"""Returns all records of a kind."""


def restore(state: State, read: Read, adopt: records.Adopt) -> None:
    """Fill an empty state."""
    for key in sorted(map(records.key, read("key")), key=lambda key: not key.is_master):
        _put_key(state, key)
    for record in read("account"):
        bare = state.accounts[record["account_id"]]
        state.accounts[bare.account_id] = records.account(record, bare.master_key, bare.keys)
    for bucket in map(records.bucket, read("bucket")):
        state.buckets[bucket.bucket_id] = bucket
        state.bucket_ids[state.key_of_name(bucket.name)] = bucket.bucket_id
    _put_versions(state, read, adopt)
    for record in read("part"):
        state.files[record["file_id"]].parts[record["number"]] = records.part(record, adopt)
    _put_tokens(state, read)
    state.groups.update((group.group_id, group) for group in map(records.group, read("group")))
    state.computers.update((computer.computer_id, computer) for computer in map(records.computer, read("computer")))


def _put_key(state: State, key: Key) -> None:
    state.keys[key.key_id] = key
    if key.is_master:
        state.accounts[key.account_id] = Account(key.account_id, key)
        state.keys[key.account_id] = key
    else:
        state.accounts[key.account_id].keys[key.key_id] = key


def _put_versions(state: State, read: Read, adopt: records.Adopt) -> None:
    versions = [records.version(record, adopt) for record in read("file")]
    for version in sorted(versions, key=lambda version: version.sequence):
        bucket = state.buckets[version.bucket_id]
        state.files[version.file_id] = version
        bucket.versions.add(version)
        if version.action == "start":
            bucket.unfinished[version.file_id] = version


def _put_tokens(state: State, read: Read) -> None:
    """Put back the tokens of keys that are still there."""
    for record in read("token"):
        if record["key"] in state.keys:
            state.tokens[record["text"]] = records.token(record, state.keys[record["key"]])
    for record in read("authorization"):
        if record["key"] in state.keys:
            owner = state.keys[record["key"]]
            state.download_authorizations[record["text"]] = records.authorization(record, owner)
