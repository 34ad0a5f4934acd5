from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from b2sdk.values.replication import (
    ReplicationConfiguration,
    ReplicationConfigurationFactory,
    ReplicationRule,
    ReplicationStatus,
)

RULE = ReplicationRule("a bucket id", "a-rule")
RULE_ON_THE_WIRE = {
    "destinationBucketId": "a bucket id",
    "fileNamePrefix": "",
    "includeExistingFiles": False,
    "isEnabled": True,
    "priority": 128,
    "replicationRuleName": "a-rule",
}
KEYS = st.text(min_size=1, max_size=3)
RULES = st.builds(
    ReplicationRule,
    KEYS,
    st.from_regex(r"[a-zA-Z0-9_\-]{1,64}", fullmatch=True),
    st.text(max_size=3),
    st.booleans(),
    st.integers(ReplicationRule.MIN_PRIORITY, ReplicationRule.MAX_PRIORITY),
    st.booleans(),
)


def test_a_rule_as_it_is_sent() -> None:
    assert list(RULE.as_dict().items()) == list(RULE_ON_THE_WIRE.items())


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (RULE_ON_THE_WIRE, RULE),
        ({"destinationBucketId": "a bucket id", "replicationRuleName": "a-rule"}, RULE),
        ({**RULE_ON_THE_WIRE, "priority": None, "somethingNew": 1}, RULE),
        ({**RULE_ON_THE_WIRE, "isEnabled": False}, ReplicationRule("a bucket id", "a-rule", is_enabled=False)),
    ],
)
def test_a_rule_as_it_is_read(wire: dict[str, Any], expected: ReplicationRule) -> None:
    assert ReplicationRule.from_dict(wire) == expected


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("", "a-rule"), "destination_bucket_id is required"),
        (("id", ""), "replication rule name is invalid"),
        (("id", "a-rule\n"), "replication rule name is invalid"),
        (("id", "a rule"), "replication rule name is invalid"),
        (("id", "x" * 65), "replication rule name is invalid"),
        (("id", "a-rule", "", True, 0), r"priority should be within \[1, 2147483647\] interval"),
        (("id", "a-rule", "", True, 2**31), r"priority should be within \[1, 2147483647\] interval"),
    ],
)
def test_a_wrong_rule_is_refused(arguments: tuple[Any, ...], problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}$"):
        ReplicationRule(*arguments)


@given(st.lists(RULES, max_size=3), KEYS, st.dictionaries(KEYS, KEYS, max_size=3))
def test_a_configuration_comes_back_from_the_wire(
    rules: list[ReplicationRule], key_id: str, mapping: dict[str, str]
) -> None:
    configuration = ReplicationConfiguration(rules, key_id, mapping)
    assert ReplicationConfiguration.from_dict(configuration.serialize_to_json_for_request()) == configuration


@pytest.mark.parametrize(
    ("configuration", "is_source", "is_destination", "wire"),
    [
        (
            ReplicationConfiguration(),
            False,
            False,
            {"asReplicationSource": None, "asReplicationDestination": None},
        ),
        (
            ReplicationConfiguration([RULE], "a key id"),
            True,
            False,
            {
                "asReplicationSource": {
                    "replicationRules": [RULE_ON_THE_WIRE],
                    "sourceApplicationKeyId": "a key id",
                },
                "asReplicationDestination": None,
            },
        ),
        (
            ReplicationConfiguration(source_to_destination_key_mapping={"a": "b"}),
            False,
            True,
            {
                "asReplicationSource": None,
                "asReplicationDestination": {"sourceToDestinationKeyMapping": {"a": "b"}},
            },
        ),
    ],
)
def test_a_bucket_is_source_destination_or_neither(
    configuration: ReplicationConfiguration, is_source: bool, is_destination: bool, wire: dict[str, Any]
) -> None:
    assert (configuration.is_source, configuration.is_destination) == (is_source, is_destination)
    assert configuration.as_dict() == wire


def test_each_side_can_be_taken_over_into_another_configuration() -> None:
    both = ReplicationConfiguration([RULE], "a key id", {"a": "b"})
    assert ReplicationConfiguration(**both.get_source_configuration_as_dict()) == ReplicationConfiguration(
        [RULE], "a key id"
    )
    assert ReplicationConfiguration(**both.get_destination_configuration_as_dict()) == ReplicationConfiguration(
        source_to_destination_key_mapping={"a": "b"}
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"rules": [RULE]}, "source_key_id must not be empty"),
        (
            {"source_to_destination_key_mapping": {"a": ""}},
            r"source_to_destination_key_mapping must not contain empty keys or values: \(a, \)",
        ),
        (
            {"source_to_destination_key_mapping": {"": "b"}},
            r"source_to_destination_key_mapping must not contain empty keys or values: \(, b\)",
        ),
    ],
)
def test_a_wrong_configuration_is_refused(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}$"):
        ReplicationConfiguration(**arguments)


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        ({}, ReplicationConfigurationFactory(True, ReplicationConfiguration())),
        ({"replicationConfiguration": None}, ReplicationConfigurationFactory(True, ReplicationConfiguration())),
        (
            {"replicationConfiguration": {"isClientAuthorizedToRead": False, "value": None}},
            ReplicationConfigurationFactory(False, ReplicationConfiguration()),
        ),
        (
            {
                "replicationConfiguration": {
                    "isClientAuthorizedToRead": True,
                    "value": {"asReplicationSource": {"replicationRules": [], "sourceApplicationKeyId": "k"}},
                }
            },
            ReplicationConfigurationFactory(True, ReplicationConfiguration(source_key_id="k")),
        ),
    ],
)
def test_the_replication_of_a_bucket(bucket: dict[str, Any], expected: ReplicationConfigurationFactory) -> None:
    assert ReplicationConfigurationFactory.from_bucket_dict(bucket) == expected


@pytest.mark.parametrize("status", ReplicationStatus)
def test_a_status_is_read_in_any_case(status: ReplicationStatus) -> None:
    for word in (status.value, status.value.lower()):
        assert ReplicationStatus.from_response_headers({"X-Bz-Replication-Status": word}) is status


@pytest.mark.parametrize("headers", [{}, {"X-Bz-Replication-Status": None}])
def test_a_file_that_no_rule_concerns_has_no_status(headers: dict[str, Any]) -> None:
    assert ReplicationStatus.from_response_headers(headers) is None
