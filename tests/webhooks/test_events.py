from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.webhooks.notifications import SECRET, event, notification, sign, the_test_event

from b2sdk.exception import B2Error, UnexpectedCloudBehaviour
from b2sdk.webhooks import InvalidSignature, WebhookEvent, read_events

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def read(*events: Any) -> list[WebhookEvent]:
    body = notification(*events)
    return read_events(body, sign(body, SECRET), SECRET)


def test_an_event_has_what_the_service_says() -> None:
    (found,) = read(event(addedLater=[1]))
    assert found == WebhookEvent(
        event_id="3f2a",
        event_type="b2:ObjectCreated:Upload",
        event_version=1,
        event_timestamp=1_700_000_000_123,
        account_id="0123456789ab",
        bucket_id="4a48fe8875c6214145260818",
        bucket_name="pictures",
        matched_rule_name="images",
        file_name="cats/grey.jpg",
        file_id="4_z4a48fe8875c6214145260818_f1",
        size=10_495_842,
        fields=event(addedLater=[1]),
    )
    assert found.time == datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=timezone.utc)
    assert found.fields["addedLater"] == [1]
    assert not found.is_test
    assert len({found, *read(event(addedLater=[2]))}) == 2


def test_events_come_in_their_order() -> None:
    assert [one.event_id for one in read(event(eventId="b"), event(eventId="a"))] == ["b", "a"]


@pytest.mark.parametrize("size", [None, "absent"])
def test_a_deletion_has_no_size(size: str | None) -> None:
    (found,) = read(event(eventType="b2:ObjectDeleted:Delete", objectSize=size))
    assert found.size is None


def test_a_test_event_speaks_of_no_file() -> None:
    (found,) = read(the_test_event())
    assert found.is_test
    assert (found.file_name, found.file_id, found.size) == (None, None, None)


def test_nothing_is_read_that_is_not_signed() -> None:
    with pytest.raises(InvalidSignature):
        read_events(b"no JSON", sign(b"no JSON", "another"), SECRET)


@pytest.mark.parametrize("body", [b"", b"no JSON", b"\xff", b"[]", b"{}", b'{"events": {}}', b"[" * 100_000])
def test_a_signed_body_that_is_no_notification_is_refused(body: bytes) -> None:
    with pytest.raises(UnexpectedCloudBehaviour):
        read_events(body, sign(body, SECRET), SECRET)


@given(st.sampled_from(sorted(event())), JSON)
def test_an_event_with_a_changed_field_is_read_or_refused(field: str, value: Any) -> None:
    try:
        (found,) = read(event() | {field: value})
    except B2Error:
        return
    assert isinstance(found.time, datetime)
    assert notification(found.fields[field]) == notification(value)
