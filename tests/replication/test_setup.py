from __future__ import annotations

import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.aio.surface import hidden
from tests.conftest import HttpFrontEnd, authorize, restricted_to

import b2sdk.v3
from b2sdk.exception import CapabilityNotAllowed, Conflict
from b2sdk.replication.setup import ReplicationSetupHelper
from b2sdk.simulator import SimulatorServer
from b2sdk.values.replication import ReplicationConfiguration, ReplicationRule

READ = ["readFiles", "readFileLegalHolds", "readFileRetentions"]
WRITE = ["writeFiles", "writeFileLegalHolds", "writeFileRetentions", "deleteFiles"]
CALLS = ("create_key", "update_bucket", "list_keys", "list_buckets")


@pytest.fixture
def done(api: Any) -> list[str]:
    """Return the calls, in their order, that are made from now on."""
    return watch(api)


def watch(api: Any) -> list[str]:
    done: list[str] = []

    def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            done.append(name)
            return call(*args, **kwargs)

        return noted

    raw_api = hidden(api.session.raw_api)
    for name in CALLS:
        setattr(raw_api, name, watched(name, getattr(raw_api, name)))
    return done


def restriction(key: Any) -> list[str]:
    return [key.bucket_id] if hasattr(key, "bucket_id") else list(key.bucket_ids)


def rule_for(bucket: Any, name: str = "rule", **changes: Any) -> ReplicationRule:
    return ReplicationRule(bucket.id_, name, **changes)


# --- both sides ---


def test_the_destination_accepts_what_the_rule_sends(helper: Any, source: Any, destination: Any) -> None:
    new_source, new_destination = helper.setup_both(source, destination, prefix="a/", include_existing_files=True)
    source_key = new_source.replication.source_key_id
    (rule,) = new_source.replication.rules
    assert rule == rule_for(destination, "destination-bucket", file_name_prefix="a/", include_existing_files=True)
    assert list(new_destination.replication.source_to_destination_key_mapping) == [source_key]


def test_files_arrive(service: SimulatorServer) -> None:
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(b2sdk.v3) as api:
        authorize(api, front_end)
        source, destination = (api.create_bucket(name, "allPrivate") for name in ("source-bucket", "destination"))
        source.upload_bytes(b"hello", "a/before")
        ReplicationSetupHelper().setup_both(source, destination, prefix="a/", include_existing_files=True)
        source.upload_bytes(b"hello", "a/name")
        source.upload_bytes(b"hello", "b/name")
        assert [version.file_name for version, _ in destination.ls("a")] == ["a/before", "a/name"]
        assert [version.file_name for version, _ in destination.ls("b")] == []


def test_each_key_may_do_one_thing_in_one_bucket(api: Any, helper: Any, source: Any, destination: Any) -> None:
    new_source, new_destination = helper.setup_both(source, destination, prefix="a/")
    (destination_key_id,) = new_destination.replication.source_to_destination_key_mapping.values()
    for key, name, capabilities, bucket in (
        (api.get_key(new_source.replication.source_key_id), "source-bucket-replisrc", READ, source),
        (api.get_key(destination_key_id), "destination-bucket-replidst", WRITE, destination),
    ):
        assert key.key_name == name
        assert sorted(key.capabilities) == sorted(capabilities)
        assert restriction(key) == [bucket.id_]
        assert key.name_prefix is None, "the next rule may have another prefix"


def test_the_destination_accepts_the_key_before_a_rule_uses_it(
    helper: Any, source: Any, destination: Any, done: list[str]
) -> None:
    helper.setup_both(source, destination)
    assert done == ["create_key", "create_key", "update_bucket", "update_bucket"]
    assert destination.get_fresh_state().revision == destination.revision + 1


def test_a_second_rule_uses_the_keys_of_the_first(helper: Any, source: Any, destination: Any, done: list[str]) -> None:
    first_source, first_destination = helper.setup_both(source, destination, prefix="a/")
    done.clear()
    new_source, new_destination = helper.setup_both(first_source, first_destination, prefix="b/")
    assert "create_key" not in done
    assert new_destination.replication == first_destination.replication
    assert new_source.replication.source_key_id == first_source.replication.source_key_id
    assert [(rule.name, rule.priority, rule.file_name_prefix) for rule in new_source.replication.rules] == [
        ("destination-bucket", 128, "a/"),
        ("destination-bucket2", 133, "b/"),
    ]


def test_what_is_given_is_taken(helper: Any, source: Any, destination: Any) -> None:
    new_source, _ = helper.setup_both(source, destination, "my-rule", 7)
    assert new_source.replication.rules == [rule_for(destination, "my-rule", priority=7)]


def test_a_bucket_may_be_a_link_in_a_chain(api: Any, helper: Any, source: Any, destination: Any) -> None:
    _, middle = helper.setup_both(source, destination)
    middle, last = helper.setup_both(middle, api.create_bucket("last-bucket", "allPrivate"))
    assert middle.replication.is_source
    assert middle.replication.is_destination
    helper.setup_both(last, middle)
    again = middle.get_fresh_state().replication
    assert again.rules == middle.replication.rules
    assert len(again.source_to_destination_key_mapping) == 2


def test_the_buckets_may_be_of_two_accounts(service: SimulatorServer) -> None:
    other = service.create_account()
    front_ends = [
        HttpFrontEnd(service.key_id, service.key, service.url),
        HttpFrontEnd(other.key_id, other.key, service.url),
    ]
    with front_ends[0].connect(b2sdk.v3) as here, front_ends[1].connect(b2sdk.v3) as there:
        for api, front_end in zip((here, there), front_ends, strict=True):
            authorize(api, front_end)
        source, destination = here.create_bucket("source", "allPrivate"), there.create_bucket("target", "allPrivate")
        helper: Any = ReplicationSetupHelper()
        source, destination = helper.setup_both(source, destination)
        assert here.get_key(source.replication.source_key_id) is not None
        (key_id,) = destination.replication.source_to_destination_key_mapping.values()
        assert there.get_key(key_id) is not None


# --- nothing is lost, nothing half done ---


@pytest.mark.parametrize("wrong", [{"name": "a name"}, {"name": ""}, {"priority": 0}, {"priority": 2**31}])
def test_a_rule_that_cannot_be_is_refused_before_anything_is_sent(
    helper: Any, source: Any, destination: Any, done: list[str], wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"name is invalid|priority should be"):
        helper.setup_both(source, destination, **wrong)
    assert done == []


def test_a_name_that_is_taken_is_refused_before_anything_is_sent(
    helper: Any, source: Any, destination: Any, done: list[str]
) -> None:
    new_source, new_destination = helper.setup_both(source, destination, "rule")
    done.clear()
    with pytest.raises(ValueError, match="has a replication rule 'rule' already"):
        helper.setup_both(new_source, new_destination, "rule")
    assert done == []


def test_a_bucket_from_a_cache_keeps_its_rules(api: Any, helper: Any, source: Any, destination: Any) -> None:
    helper.setup_both(source, destination)
    known = [source.__class__(hidden(api), bucket.id_, name=bucket.name) for bucket in (source, destination)]
    new_source, new_destination = helper.setup_both(*known)
    assert [rule.name for rule in new_source.replication.rules] == ["destination-bucket", "destination-bucket2"]
    assert len(new_destination.replication.source_to_destination_key_mapping) == 1


@pytest.mark.parametrize("changed", ["source", "destination"])
def test_a_change_by_another_program_is_not_overwritten(
    helper: Any, source: Any, destination: Any, changed: str
) -> None:
    bucket = {"source": source, "destination": destination}[changed]
    bucket.update(bucket_info={"somebody": "else"})
    with pytest.raises(Conflict):
        helper.setup_both(source, destination)
    assert bucket.get_fresh_state().replication == ReplicationConfiguration()


def test_rules_that_cannot_be_seen_are_not_overwritten(service: SimulatorServer) -> None:
    front_end = HttpFrontEnd(service.key_id, service.key, service.url)
    with front_end.connect(b2sdk.v3) as owner, front_end.connect(b2sdk.v3) as api:
        authorize(owner, front_end)
        for name in ("source-bucket", "destination-bucket"):
            owner.create_bucket(name, "allPrivate")
        key = owner.create_key(["listBuckets", "writeBuckets", "writeBucketReplications", "writeKeys"], "blind")
        authorize(api, front_end, key.id_, key.application_key)
        source, destination = api.list_buckets()
        done = watch(api)
        with pytest.raises(CapabilityNotAllowed, match="may not read the replication of bucket"):
            ReplicationSetupHelper().setup_both(source, destination)
        assert done == []


# --- keys ---


def made_key(api: Any, surface: ModuleType, bucket: Any, capabilities: list[str], prefix: str | None = None) -> str:
    restrictions = {**restricted_to(surface, bucket), "name_prefix": prefix}
    return str(api.create_key(capabilities=capabilities, key_name="mine", **restrictions).id_)


@pytest.mark.parametrize(
    ("capabilities", "prefix", "is_used"),
    [(READ, None, True), ([*READ, "listFiles"], None, True), (READ[:2], None, False), (READ, "a/", False)],
)
def test_a_source_key_is_used_again_if_it_can_read_everything(
    api: Any,
    surface: ModuleType,
    helper: Any,
    source: Any,
    destination: Any,
    capabilities: list[str],
    prefix: str | None,
    is_used: bool,
) -> None:
    key_id = made_key(api, surface, source, capabilities, prefix)
    configured = source.update(replication=ReplicationConfiguration([rule_for(destination)], key_id))
    new_source, new_destination = helper.setup_both(configured, destination)
    assert (new_source.replication.source_key_id == key_id) is is_used
    assert list(new_destination.replication.source_to_destination_key_mapping) == [new_source.replication.source_key_id]


def test_a_source_key_that_is_gone_is_replaced_and_the_other_destinations_are_reported_of(
    helper: Any, source: Any, destination: Any, caplog: pytest.LogCaptureFixture
) -> None:
    configured = source.update(replication=ReplicationConfiguration([rule_for(destination)], "no such key"))
    with caplog.at_level(logging.WARNING, "b2sdk.replication"):
        new_source, _ = helper.setup_both(configured, destination)
    assert new_source.replication.source_key_id != "no such key"
    assert "in place of no such key, which the destinations of the rules ['rule'] must accept" in caplog.text


@pytest.mark.parametrize("is_used", [True, False])
def test_a_destination_key_is_used_again_for_another_source(
    api: Any, surface: ModuleType, helper: Any, destination: Any, is_used: bool
) -> None:
    keys = [made_key(api, surface, destination, WRITE) for _ in range(2)]
    poor = [made_key(api, surface, destination, WRITE[:2]), made_key(api, surface, destination, WRITE, "a/")]
    usable = keys if is_used else []
    mapping = {f"source{number}": key_id for number, key_id in enumerate([*usable, *poor, "gone"])}
    configured = destination.update(replication=ReplicationConfiguration(source_to_destination_key_mapping=mapping))
    done = watch(api)
    new = helper.setup_destination("mine", configured).replication.source_to_destination_key_mapping
    assert {**new, **mapping} == new, "what is accepted already stays so"
    assert done.count("create_key") == (0 if is_used else 1)
    if is_used:
        assert new["mine"] == keys[1], "the latest"
    else:
        assert new["mine"] not in mapping.values()


def test_a_destination_that_is_set_up_twice_has_one_key(helper: Any, destination: Any, done: list[str]) -> None:
    first = helper.setup_destination("key", destination)
    assert helper.setup_destination("key", first).replication == first.replication
    assert done.count("create_key") == 1


def test_parts_of_the_decision_can_be_replaced(source: Any, destination: Any, api: Any) -> None:
    class AlwaysNew(ReplicationSetupHelper):
        @classmethod
        def _should_make_new_source_key(cls, *_args: Any, **_kwargs: Any) -> bool:
            return True

        @classmethod
        def _create_key(cls, name: str, *_args: Any, **_kwargs: Any) -> Any:
            return api.create_key(capabilities=["readFiles"], key_name=f"our-{name}")

    done = watch(api)
    helper: Any = AlwaysNew()
    helper.setup_both(*helper.setup_both(source, destination))
    assert done.count("create_key") == 4
    assert {key.key_name for key in api.list_keys()} == {
        "our-source-bucket-replisrc",
        "our-destination-bucket-replidst",
    }


# --- names and priorities ---

NAMES = st.text("ab-2", min_size=1, max_size=3)


class Named:
    def __init__(self, name: str) -> None:
        self.name = name
        self.id_ = "id"


@given(st.one_of(NAMES, st.just("x" * 63)), st.integers(0, 30))
def test_new_rules_have_names_of_their_own(bucket_name: str, count: int) -> None:
    rules: list[ReplicationRule] = []
    for _ in range(count):
        name = ReplicationSetupHelper._get_new_rule_name(rules, Named(bucket_name))  # type: ignore[arg-type]
        rules.append(ReplicationRule("id", name))
    assert len({rule.name for rule in rules}) == count
    if count:
        assert rules[0].name == bucket_name


PRIORITIES = st.integers(ReplicationRule.MIN_PRIORITY, ReplicationRule.MAX_PRIORITY)


@given(st.lists(PRIORITIES), st.none() | PRIORITIES)
def test_a_new_rule_is_above_the_others_unless_requested(priorities: list[int], priority: int | None) -> None:
    rules = [ReplicationRule("id", "rule", priority=each) for each in priorities]
    new = ReplicationSetupHelper._get_priority_for_new_rule(rules, priority)
    assert new == priority if priority is not None else new == min(max(priorities, default=123) + 5, 2**31 - 1)
    ReplicationRule("id", "rule", priority=new)


def test_a_bucket_and_a_prefix_in_one() -> None:
    split = ReplicationSetupHelper._partion_bucket_path
    assert (split("bucket/a/b"), split("bucket")) == (("bucket", "a/b"), ("bucket", ""))
