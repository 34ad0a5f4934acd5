from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st
from tests.webhooks.notifications import OLD_SECRET, SECRET, sign

from b2sdk.v3 import NotificationRuleResponse
from b2sdk.webhooks import InvalidSignature, new_signing_secret, with_signing_secret
from b2sdk.webhooks.signature import verify_signature

BODY = b'{"events": []}'
OF_BODY = "v1=b0e65e90c46753a83304e14e8eaa31b344cdde33ecf08978a6db5b864994a8d9"
"""What ``openssl dgst -sha256 -hmac`` says of it, with ``SECRET``."""


def rule(name: str, secret: str | None = OLD_SECRET) -> NotificationRuleResponse:
    return {
        "eventTypes": ["b2:ObjectCreated:*"],
        "isEnabled": True,
        "isSuspended": False,
        "name": name,
        "objectNamePrefix": "",
        "suspensionReason": "",
        "targetConfiguration": {
            "targetType": "webhook",
            "url": "https://example.com/",
            "hmacSha256SigningSecret": secret,
        },
    }


def test_a_signature_is_that_of_other_programs() -> None:
    assert sign(BODY, SECRET) == OF_BODY
    verify_signature(BODY, OF_BODY, SECRET)


@given(st.binary(), st.lists(st.text(min_size=1), min_size=1), st.data())
def test_any_of_the_known_secrets_will_do(body: bytes, secrets: list[str], data: st.DataObject) -> None:
    signature = sign(body, data.draw(st.sampled_from(secrets)))
    verify_signature(body, signature, secrets)
    verify_signature(body, signature, lambda: secrets)
    verify_signature(body, f"v2=abc, {signature},v1=", secrets)


@given(st.binary(min_size=1), st.data())
def test_no_byte_can_be_changed(body: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(body) - 1))
    changed = bytearray(body)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidSignature):
        verify_signature(bytes(changed), sign(body, SECRET), SECRET)


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        ",",
        "v1=",
        OF_BODY.removeprefix("v1="),
        OF_BODY.replace("v1=", "v2="),
        "v1=" + OF_BODY.removeprefix("v1=").upper(),
        OF_BODY[:-1],
        "v1=é",
        "v1=\udcff",
    ],
)
def test_what_is_no_signature_of_a_body_is_refused(signature: str | None) -> None:
    with pytest.raises(InvalidSignature) as caught:
        verify_signature(BODY, signature, SECRET)
    assert SECRET not in str(caught.value)
    assert OF_BODY not in str(caught.value)


@pytest.mark.parametrize("secrets", ["", [], [SECRET, ""], list])
def test_without_a_secret_nothing_passes(secrets: str) -> None:
    with pytest.raises(ValueError, match="needs a signing secret"):
        verify_signature(BODY, sign(BODY, "x"), secrets)


def test_a_new_secret_has_the_form_of_the_service() -> None:
    secrets = {new_signing_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert all(re.fullmatch("[A-Za-z0-9]{32}", secret) for secret in secrets)


def test_rules_get_a_new_secret() -> None:
    rules = [rule("images"), rule("texts"), rule("unsigned", None)]
    new = with_signing_secret(rules, SECRET)
    assert [one["targetConfiguration"].get("hmacSha256SigningSecret") for one in new] == [SECRET] * 3
    assert [one["name"] for one in new] == ["images", "texts", "unsigned"]
    assert all("isSuspended" not in one and "suspensionReason" not in one for one in new)
    assert rules == [rule("images"), rule("texts"), rule("unsigned", None)]


def test_one_rule_gets_a_new_secret() -> None:
    new = with_signing_secret([rule("images"), rule("texts")], SECRET, rule_name="texts")
    assert [one["targetConfiguration"].get("hmacSha256SigningSecret") for one in new] == [OLD_SECRET, SECRET]


@pytest.mark.parametrize("secret", ["", "short", SECRET + "1", SECRET[:-1] + "-", SECRET + "\n"])
def test_a_secret_that_the_service_would_refuse_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="32 letters and digits"):
        with_signing_secret([rule("images")], secret)


def test_a_rule_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no notification rule 'videos'"):
        with_signing_secret([rule("images")], SECRET, rule_name="videos")
