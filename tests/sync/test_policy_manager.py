from __future__ import annotations

from typing import Any

import pytest
from tests.sync.conftest import Folder, local

from b2sdk.sync import policy
from b2sdk.sync.encryption_provider import SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER
from b2sdk.sync.modes import CompareVersionMode, NewerFileSyncMode
from b2sdk.sync.policy_manager import POLICY_MANAGER, SyncPolicyManager
from b2sdk.transfer.source import UploadMode


@pytest.mark.parametrize(("sync_type", "name"), [("local-to-b2", "Up"), ("b2-to-local", "Down"), ("b2-to-b2", "Copy")])
def test_each_kind_of_sync_has_its_classes(sync_type: str, name: str) -> None:
    def class_of(delete: bool, keep_days: float | None) -> str:
        return POLICY_MANAGER.get_policy_class(sync_type, delete, keep_days).__name__

    assert class_of(False, None) == class_of(False, 0) == f"{name}Policy"
    assert class_of(False, 3) == class_of(False, 0.5) == f"{name}AndKeepDaysPolicy"
    assert class_of(True, None) == class_of(True, 3) == f"{name}AndDeletePolicy"


def test_another_kind_is_reported() -> None:
    with pytest.raises(NotImplementedError) as raised:
        POLICY_MANAGER.get_policy_class("local-to-local", True, 2)
    assert str(raised.value) == "invalid sync type: local-to-local, keep_days: 2, delete: True"


def test_a_subclass_chooses_other_classes() -> None:
    class Mine(policy.UpPolicy):
        pass

    class Manager(SyncPolicyManager):
        def get_policy_class(self, sync_type: str, delete: bool, keep_days: float | None) -> Any:
            asked.append((sync_type, delete, keep_days))
            return Mine

    asked: list[Any] = []
    source = local("a", 7)
    made = Manager().get_policy(
        sync_type="local-to-b2",
        source_path=source,
        source_folder=Folder("local"),
        dest_path=None,
        dest_folder=Folder("b2"),
        now_millis=1,
        delete=False,
        keep_days=3,
        newer_file_mode=NewerFileSyncMode.SKIP,
        compare_threshold=4,
        compare_version_mode=CompareVersionMode.SIZE,
        encryption_settings_provider=SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
        upload_mode=UploadMode.FULL,
        absolute_minimum_part_size=5,
    )
    assert type(made) is Mine
    assert asked == [("local-to-b2", False, 3)]
    assert [str(action) for action in made.get_all_actions()] == ["b2_upload(/dir/a, folder/a, 7)"]
