from __future__ import annotations

from unittest import mock

import pytest

from b2sdk.sync.encryption_provider import (
    SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
    AbstractSyncEncryptionSettingsProvider,
    BasicSyncEncryptionSettingsProvider,
)
from b2sdk.values.encryption import SSE_B2_AES, EncryptionAlgorithm, EncryptionKey, EncryptionMode, EncryptionSetting

SSE_C = EncryptionSetting(EncryptionMode.SSE_C, EncryptionAlgorithm.AES256, EncryptionKey(b"s" * 32, "the id"))


def bucket(name: str | None) -> mock.Mock:
    made = mock.Mock()
    made.name = name
    return made


def answers(provider: AbstractSyncEncryptionSettingsProvider, name: str | None) -> list[EncryptionSetting | None]:
    """Ask everything, as syncs do: for reading first."""
    asked, version = bucket(name), mock.Mock()
    return [
        provider.get_setting_for_download(bucket=asked, file_version=version),
        provider.get_source_setting_for_copy(bucket=asked, source_file_version=version),
        provider.get_setting_for_upload(bucket=asked, b2_file_name="a", file_info={}, length=1),
        provider.get_destination_setting_for_copy(bucket=asked, source_file_version=version, dest_b2_file_name="a"),
    ]


def test_the_default_leaves_everything_to_the_service() -> None:
    assert answers(SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER, "one") == [None] * 4


def test_reading_and_writing_have_settings_of_their_own() -> None:
    provider = BasicSyncEncryptionSettingsProvider({"one": SSE_C, "two": None}, {"one": SSE_B2_AES})
    assert answers(provider, "one") == [SSE_C, SSE_C, SSE_B2_AES, SSE_B2_AES]
    assert answers(provider, "two") == [None] * 4
    assert answers(provider, "three") == [None] * 4
    assert answers(provider, None) == [None] * 4


def test_a_provider_shows_no_key() -> None:
    shown = repr(BasicSyncEncryptionSettingsProvider({"one": SSE_C}, {}))
    assert "one" in shown
    assert "ssss" not in shown
    assert "c3Nz" not in shown, "nor in base64"


def test_a_provider_has_a_setting_for_each_call() -> None:
    with pytest.raises(TypeError, match="get_setting_for_download"):
        AbstractSyncEncryptionSettingsProvider()  # type: ignore[abstract]
