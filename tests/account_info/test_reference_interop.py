"""b2sdk 2.13 opens a file that was written here, and the other way round."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from b2sdk.account_info.sqlite import SqliteAccountInfo

PYTHON = os.environ.get("B2SDK_REFERENCE_PYTHON")

pytestmark = pytest.mark.skipif(
    PYTHON is None, reason="B2SDK_REFERENCE_PYTHON does not name an interpreter that has b2sdk 2.13"
)

READ = """
import json, sys
from b2sdk.v3 import SqliteAccountInfo
info = SqliteAccountInfo(sys.argv[1])
json.dump([info.get_account_auth_token(), info.get_allowed(), info.is_master_key(), info.list_bucket_names_ids()],
          sys.stdout)
"""
WRITE = """
import json, sys
from b2sdk.v3 import SqliteAccountInfo
SqliteAccountInfo(sys.argv[1]).set_auth_data(**json.loads(sys.argv[2]))
"""
WRITE_LEVEL = """
import sys
from b2sdk.v3 import SqliteAccountInfo
info = SqliteAccountInfo(sys.argv[1], last_upgrade_to_run=int(sys.argv[2]))
if sys.argv[2] < '4':
    info.set_auth_data_with_schema_0_for_test('aabbcc', 'secret-token', 'api', 'download', 77, 'key', 'production')
else:
    info.set_auth_data('aabbcc', 'secret-token', 'api', 'download', 77, 5, 'key', 'production', 's3', None, 'aabbcc')
"""


def run(script: str, *arguments: str) -> str:
    assert PYTHON is not None
    return subprocess.run([PYTHON, "-c", script, *arguments], check=True, capture_output=True, text=True).stdout


def test_a_file_written_here_is_read_there(tmp_path: Path, auth: dict[str, Any]) -> None:
    path = tmp_path / "info"
    with closing(SqliteAccountInfo(path)) as info:
        info.set_auth_data(**auth)
        info.refresh_entire_bucket_name_cache([("photos", "1")])
    assert json.loads(run(READ, str(path))) == ["secret-token", auth["allowed"], False, [["photos", "1"]]]


def test_a_file_written_there_is_read_here(tmp_path: Path, auth: dict[str, Any]) -> None:
    path = tmp_path / "info"
    run(WRITE, str(path), json.dumps(auth))
    with closing(SqliteAccountInfo(path)) as info:
        assert info.get_account_auth_token() == "secret-token"
        assert info.get_allowed() == auth["allowed"]
        info.set_auth_data(**{**auth, "auth_token": "newer"})
    assert json.loads(run(READ, str(path)))[0] == "newer"


@pytest.mark.parametrize("level", range(6))
def test_a_file_of_every_older_schema_is_read_here(tmp_path: Path, level: int) -> None:
    path = tmp_path / "info"
    run(WRITE_LEVEL, str(path), str(level))
    with closing(SqliteAccountInfo(path)) as info:
        assert info.get_account_auth_token() == "secret-token"
        assert info.get_recommended_part_size() == 77
        assert info.is_master_key()
