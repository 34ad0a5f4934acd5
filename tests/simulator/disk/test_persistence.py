from __future__ import annotations

import contextlib
import gc
import hashlib
import http.client
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from b2sdk.simulator import ApiFault, Cloud, SimulatorServer
from b2sdk.simulator.cloud import accounts
from b2sdk.simulator.cloud.buckets import BucketChanges
from b2sdk.simulator.cloud.content import Blob
from b2sdk.simulator.cloud.files import NewVersion
from b2sdk.simulator.cloud.storage import SpillingSink
from b2sdk.simulator.disk import records
from b2sdk.simulator.disk.bodies import IN_RECORD_LIMIT, BodyDirectory
from b2sdk.simulator.disk.persistence import Ledger

if TYPE_CHECKING:
    from tests.simulator.conftest import OverHttp, Speak

LARGE = IN_RECORD_LIMIT * 3
DAY_MS = 86_400_000
Open = Callable[[], AbstractContextManager["OverHttp"]]


@pytest.fixture
def running(tmp_path: Path, speak: Speak) -> Open:
    """Return what runs the service on the directory of the test until its context ends."""

    @contextmanager
    def run() -> Iterator[OverHttp]:
        with SimulatorServer(data=tmp_path / "data") as server, speak(server) as service:
            yield service

    return run


def bodies(directory: Path) -> list[Path]:
    return list((directory / "data" / "bodies").iterdir())


def everything(cloud: Cloud) -> dict[str, Any]:
    """Return all that is in a cloud, as records."""
    state = cloud.state
    tables: dict[str, Any] = {
        "keys": state.keys,
        "tokens": state.tokens,
        "authorizations": state.download_authorizations,
        "buckets": state.buckets,
        "files": state.files,
        "parts": {(file.file_id, part.number): part for file in state.files.values() for part in file.parts.values()},
    }
    written = {name: {key: records.written(thing) for key, thing in table.items()} for name, table in tables.items()}
    order = {bucket.name: [version.file_id for version in bucket.versions] for bucket in state.buckets.values()}
    unfinished = {bucket.name: list(bucket.unfinished) for bucket in state.buckets.values()}
    return {**written, "order": order, "unfinished": unfinished, "names": state.bucket_ids, "next": state.sequence}


def rows_of_copy(directory: Path, kind: str) -> list[str]:
    """Return the records of a kind that are on disk, while the service still holds the database."""
    shutil.copytree(directory / "data", directory / "copied")
    connection = sqlite3.connect(directory / "copied" / "records.sqlite")
    rows = [row[0] for row in connection.execute("SELECT record FROM things WHERE kind = ?", (kind,))]
    connection.close()
    return rows


def use_everything(service: OverHttp) -> None:
    """Make every kind of change there is."""
    bucket_id = service.bucket(fileLockEnabled=True, bucketInfo={"a": "b"}, corsRules=[])
    file = service.uploaded(bucket_id, "a", b"x" * LARGE, x_bz_info_color="blue")
    service.uploaded(bucket_id, "a", b"newer")
    service.ok("b2_hide_file", bucketId=bucket_id, fileName="a")
    gone = service.uploaded(bucket_id, "gone", b"x" * LARGE)
    service.ok("b2_delete_file_version", fileName="gone", fileId=gone["fileId"])
    service.ok("b2_copy_file", sourceFileId=file["fileId"], fileName="copy", range="bytes=10-5000")
    service.ok("b2_update_file_legal_hold", fileName="a", fileId=file["fileId"], legalHold="on")
    retention = {"mode": "governance", "retainUntilTimestamp": service.clock.now() + DAY_MS}
    service.ok("b2_update_file_retention", fileName="a", fileId=file["fileId"], fileRetention=retention)
    for name in ("finished", "cancelled", "unfinished"):
        started = service.ok("b2_start_large_file", bucketId=bucket_id, fileName=name, contentType="a/b")
        parts = [b"1" * 5_000_000, b"2" * 10]
        for number, part in enumerate(parts, 1):
            assert service.upload_part(started["fileId"], number, part).status == 200
        if name == "finished":
            sha1s = [hashlib.sha1(part).hexdigest() for part in parts]
            service.ok("b2_finish_large_file", fileId=started["fileId"], partSha1Array=sha1s)
        elif name == "cancelled":
            service.ok("b2_cancel_large_file", fileId=started["fileId"])
    service.ok("b2_get_download_authorization", bucketId=bucket_id, fileNamePrefix="", validDurationInSeconds=600)
    service.restricted(["readFiles"], bucketIds=[bucket_id], namePrefix="a/", validDurationInSeconds=60)
    rule = {"name": "uploads", "eventTypes": ["b2:ObjectCreated:*"], "isEnabled": True, "objectNamePrefix": ""}
    target = {"targetType": "webhook", "url": "https://example.com"}
    rules = [{**rule, "targetConfiguration": target}]
    service.ok("b2_set_bucket_notification_rules", bucketId=bucket_id, eventNotificationRules=rules)
    service.ok("b2_delete_bucket", accountId=service.account_id, bucketId=service.bucket("short-lived"))
    service.ok("b2_update_bucket", accountId=service.account_id, bucketId=bucket_id, bucketInfo={"c": "d"})


def test_everything_is_there_again_after_a_restart(running: Open, tmp_path: Path) -> None:
    with running() as service:
        use_everything(service)
        before = everything(service.cloud)
        token = service.token
    with running() as service:
        assert everything(service.cloud) == before
        assert service.download("/file/my-bucket/finished", token=token).body == b"1" * 5_000_000 + b"2" * 10
        assert service.download("/file/my-bucket/copy", token=token).body == b"x" * 4991


def test_the_ledger_alone_knows_as_much_as_the_cloud_at_any_time(running: Open, tmp_path: Path) -> None:
    """Everything that a response has acknowledged is in the file: here it is read while the service still runs."""
    with running() as service:
        use_everything(service)
        acknowledged = everything(service.cloud)
        shutil.copytree(tmp_path / "data", tmp_path / "copy")
    ledger = Ledger(tmp_path / "copy")
    cloud = Cloud(storage=ledger.storage, ids=ledger.ids)
    ledger.follow(cloud)
    assert everything(cloud) == acknowledged
    ledger.close()


def test_ids_are_never_given_twice_and_the_clock_never_runs_backwards(running: Open) -> None:
    with running() as service:
        bucket_id = service.bucket()
        service.clock.advance(DAY_MS // 2)
        before = service.uploaded(bucket_id, "name")
    with running() as service:
        after = service.uploaded(bucket_id, "name")
        assert after["uploadTimestamp"] >= before["uploadTimestamp"]
        assert service.ok("b2_get_file_info", fileId=before["fileId"])["fileId"] != after["fileId"]
        assert service.bucket("another") != bucket_id


def test_an_advanced_clock_is_acknowledged_only_when_it_is_written(running: Open, tmp_path: Path) -> None:
    with running() as service:
        assert service.send("POST", "/clock", {}, b'{"advanceMs": 5000}').status == 200
        assert [json.loads(row)["ahead"] for row in rows_of_copy(tmp_path, "counters")] == [5000]
    with running() as service:
        assert service.clock.ahead == 5000


def test_content_that_nothing_refers_to_leaves_the_disk(running: Open, tmp_path: Path) -> None:
    with running() as service:
        bucket_id = service.bucket()
        file = service.uploaded(bucket_id, "name", b"x" * LARGE)
        service.ok("b2_copy_file", sourceFileId=file["fileId"], fileName="copy")
        assert len(bodies(tmp_path)) == 1
        service.ok("b2_delete_file_version", fileName="name", fileId=file["fileId"])
        assert len(bodies(tmp_path)) == 1
    with running() as service:
        copy = service.ok("b2_list_file_names", bucketId=bucket_id)["files"][0]
        service.ok("b2_delete_file_version", fileName="copy", fileId=copy["fileId"])
        service.bucket("another")
    assert bodies(tmp_path) == []


def test_what_nobody_knows_is_swept_at_the_start(running: Open, tmp_path: Path) -> None:
    with running() as service:
        service.uploaded(service.bucket(), "name", b"x" * LARGE)
        known = bodies(tmp_path)
    (known[0].parent / "orphan").write_bytes(b"half of an upload")
    with running():
        assert bodies(tmp_path) == known


def test_expired_tokens_are_forgotten(running: Open) -> None:
    with running() as service:
        old = service.token
        service.clock.advance(DAY_MS)
        new = service.authorize().json["authorizationToken"]
    with running() as service:
        assert old not in service.cloud.state.tokens
        assert new in service.cloud.state.tokens


def test_a_removed_account_does_not_come_back(running: Open, tmp_path: Path) -> None:
    with running() as service:
        before = everything(service.cloud)
        other = service.cloud.keys.create_account()
        bucket = service.cloud.buckets.create(other.master_key, "their-bucket", BucketChanges())
        service.cloud.large_files.start(other.master_key, bucket, NewVersion(name="name", content_type="a/b"))
        accounts.remove(service.cloud, other.account_id)
        assert service.send("POST", "/clock", {}, b'{"advanceMs": 1}').status == 200
    with running() as service:
        after = everything(service.cloud)
        assert (after["keys"], after["buckets"], after["files"]) == (before["keys"], {}, {})


def test_a_reset_forgets_what_was_before(running: Open, tmp_path: Path) -> None:
    with running() as service:
        service.uploaded(service.bucket(), "name", b"x" * LARGE)
        assert service.send("POST", "/reset", {}).status == 200
    with running() as service:
        assert service.cloud.state.buckets == {}
        assert service.authorize().status == 200
    assert bodies(tmp_path) == []


def test_a_directory_serves_one_process_at_a_time(running: Open, tmp_path: Path) -> None:
    with running(), pytest.raises(ValueError, match="another simulator uses it"):
        SimulatorServer(data=tmp_path / "data")


def test_a_server_that_let_go_of_its_directory_does_not_start_again(tmp_path: Path) -> None:
    with SimulatorServer(data=tmp_path) as server:
        pass
    with pytest.raises(RuntimeError, match="starts once"):
        server.start()


def test_what_is_no_database_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(ValueError, match="not a database"):
        Ledger(tmp_path)
    (tmp_path / "directory" / "records.sqlite").mkdir(parents=True)
    with pytest.raises(ValueError, match="unable to open"):
        Ledger(tmp_path / "directory")


def test_an_account_with_another_key_is_not_taken_over(running: Open, tmp_path: Path) -> None:
    with running():
        pass
    with pytest.raises(ValueError, match="another key id or key"):
        SimulatorServer(data=tmp_path / "data", key="another")
    with running() as service:
        assert service.authorize().status == 200


def test_a_directory_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "records.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ValueError, match="later version"):
        Ledger(tmp_path)


def full(_: BodyDirectory) -> None:
    raise OSError(28, "No space left on device")


def test_what_cannot_be_written_is_not_acknowledged(running: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as service:
        bucket_id = service.bucket()
        with monkeypatch.context() as broken:
            broken.setattr(BodyDirectory, "sync", full)
            answer = service.upload(bucket_id, "name")
        assert answer.refusal == (500, "internal_error")
        assert "could not be written" in answer.json["message"]
        assert service.names(bucket_id) == ["name"]  # in memory it was there already, and now it is on disk
    with running() as service:
        assert service.names(bucket_id) == ["name"]


def test_a_file_that_cannot_be_removed_stays_until_the_next_start(
    running: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: Path) -> None:
        raise PermissionError(13, "in use")

    with running() as service:
        bucket_id = service.bucket()
        file = service.uploaded(bucket_id, "name", b"x" * LARGE)
        with monkeypatch.context() as patched:
            patched.setattr(Path, "unlink", busy)
            service.ok("b2_delete_file_version", fileName="name", fileId=file["fileId"])
            assert service.names(bucket_id) == []
        assert len(bodies(tmp_path)) == 1
    with running():
        assert bodies(tmp_path) == []


def test_a_key_of_several_buckets_in_an_older_record_is_known_to_need_version_4(running: Open, tmp_path: Path) -> None:
    made: dict[int, Any] = {}
    with running() as service:
        for count in (1, 2):
            ids = [service.bucket(f"bucket-{number}-of-{count}") for number in range(count)]
            key = {"accountId": service.account_id, "keyName": "key", "capabilities": ["listFiles"], "bucketIds": ids}
            made[count] = service.ok("b2_create_key", **key)
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "records.sqlite")) as connection, connection:
        connection.execute("UPDATE things SET record = json_remove(record, '$.needs_v4') WHERE kind = 'key'")
    with running() as service:
        statuses = {
            count: service.authorize(key["applicationKeyId"], key["applicationKey"], 3).status
            for count, key in made.items()
        }
    assert statuses == {1: 200, 2: 400}


def test_content_that_is_refused_leaves_the_disk(running: Open, tmp_path: Path) -> None:
    with running() as service:
        bucket_id = service.bucket()
        answer = service.upload(bucket_id, "name", b"x" * LARGE, x_bz_content_sha1="0" * 40)
        assert answer.refusal == (400, "bad_request")
        assert bodies(tmp_path) == []


def test_content_whose_bucket_goes_while_it_arrives_leaves_the_disk(
    running: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = SpillingSink.keep
    with running() as service:
        bucket_id = service.bucket()
        deletion = {"accountId": service.account_id, "bucketId": bucket_id}

        def late(sink: SpillingSink) -> Blob:
            kept = keep(sink)
            service.cloud.buckets.delete(service.cloud.state.keys[service.account_id], deletion["bucketId"])
            return kept

        with monkeypatch.context() as patched:
            patched.setattr(SpillingSink, "keep", late)
            assert service.upload(bucket_id, "name", b"x" * LARGE).refusal == (400, "bad_bucket_id")
        gc.collect()
        service.authorize()
        assert bodies(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the size of files cannot be limited there")
def test_content_that_does_not_fit_on_the_disk_is_refused_and_leaves_nothing(running: Open, tmp_path: Path) -> None:
    import resource  # noqa: PLC0415  # only POSIX has it

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with running() as service:
        bucket_id = service.bucket()
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
            answers = [service.upload(bucket_id, "name", b"x" * size) for size in (2_000_000, LARGE)]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert answers[0].refusal == (500, "internal_error")
        assert answers[1].status == 200
        assert [path.stat().st_size for path in bodies(tmp_path)] == [LARGE]
        journal = service.send("GET", "/journal", {}).json["entries"]
        assert [entry["status"] for entry in journal if entry["endpoint"] == "b2_upload_file"] == [500, 200]
        assert [lease.busy for lease in service.cloud.state.leases.values()] == [False, False]


def test_the_journal_can_be_read_while_nothing_can_be_written(running: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as service, monkeypatch.context() as broken:
        broken.setattr(BodyDirectory, "sync", full)
        assert service.authorize().status == 500
        journal = service.send("GET", "/journal", {})
        assert (journal.status, [entry["status"] for entry in journal.json["entries"]]) == (200, [500])
        assert service.send("POST", "/clock", {}, b'{"advanceMs": 1}').status == 500


def test_faults_and_the_journal_do_not_outlive_the_process(running: Open) -> None:
    with running() as service:
        service.faults.add(ApiFault(endpoint="*", status=500, code="x"))
    with running() as service:
        assert service.authorize().status == 200
        assert len(service.journal.entries) == 1


# --- kill -9 ---


class Process:
    """The service in a process of its own, that can be killed."""

    gateway = None
    key_id, key, account_id = "test-key-id", "test-key", "b2b2b2b2b2b2"

    def __init__(self, directory: Path) -> None:
        arguments = [sys.executable, "-m", "b2sdk.simulator", "--data", str(directory), "--minimum-part-size", "100"]
        self._process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split()[-1]

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()


class Uploader(threading.Thread):
    """Uploads files, and now and then a large one, until the service is gone; records what was acknowledged."""

    def __init__(self, speak: Speak, process: Process, seed: int, enough: threading.Semaphore) -> None:
        super().__init__()
        self._speak, self._process, self._random, self._enough = speak, process, random.Random(seed), enough
        self._seed = seed
        self.acknowledged: dict[str, str] = {}
        """SHA-1 of the content by name."""
        self.deleted: set[str] = set()

    def run(self) -> None:
        try:
            with self._speak(self._process) as service:
                bucket_id = service.bucket(f"bucket-{self._seed}-{self._random.randrange(10**9)}")
                for number in range(10_000):
                    self._upload(service, bucket_id, f"{bucket_id}/{number}")
                    self._enough.release()
        except (OSError, http.client.HTTPException):
            return

    def _upload(self, service: OverHttp, bucket_id: str, name: str) -> None:
        body = self._random.randbytes(self._random.choice([0, 100, 5_000, 300_000]))
        choice = self._random.random()
        if choice < 0.2:
            self._upload_large(service, bucket_id, name, [body + b"x" * 100, b"end"])
            return
        file = service.uploaded(bucket_id, name, body)
        if choice < 0.4:
            service.ok("b2_delete_file_version", fileName=name, fileId=file["fileId"])
            self.deleted.add(name)
        else:
            self.acknowledged[name] = hashlib.sha1(body).hexdigest()

    def _upload_large(self, service: OverHttp, bucket_id: str, name: str, parts: list[bytes]) -> None:
        file_id = service.ok("b2_start_large_file", bucketId=bucket_id, fileName=name, contentType="a/b")["fileId"]
        for number, part in enumerate(parts, 1):
            assert service.upload_part(file_id, number, part).status == 200
        sha1s = [hashlib.sha1(part).hexdigest() for part in parts]
        service.ok("b2_finish_large_file", fileId=file_id, partSha1Array=sha1s)
        self.acknowledged[name] = hashlib.sha1(b"".join(parts)).hexdigest()


def stored(service: OverHttp) -> dict[str, str]:
    """Download everything; return SHA-1 of the content by name."""
    found = {}
    for bucket in service.ok("b2_list_buckets", accountId=service.account_id)["buckets"]:
        for file in service.ok("b2_list_file_names", bucketId=bucket["bucketId"], maxFileCount=10_000)["files"]:
            answer = service.download(f"/file/{bucket['bucketName']}/{file['fileName']}")
            assert (answer.status, len(answer.body)) == (200, file["contentLength"])
            found[file["fileName"]] = hashlib.sha1(answer.body).hexdigest()
            assert file["contentSha1"] in ("none", found[file["fileName"]])
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_nothing_acknowledged_is_lost_however_often_the_process_is_killed(tmp_path: Path, speak: Speak) -> None:
    acknowledged: dict[str, str] = {}
    deleted: set[str] = set()
    for round_ in range(3):
        process = Process(tmp_path)
        enough = threading.Semaphore(0)
        uploaders = [Uploader(speak, process, 10 * round_ + number, enough) for number in range(3)]
        for uploader in uploaders:
            uploader.start()
        for _ in range(20 + 13 * round_):
            assert enough.acquire(timeout=30)
        process.kill()
        for uploader in uploaders:
            uploader.join()
            acknowledged |= uploader.acknowledged
            deleted |= uploader.deleted
    process = Process(tmp_path)
    try:
        with speak(process) as service:
            found = stored(service)
    finally:
        process.kill()
    assert len(acknowledged) > 20
    assert {name: found.get(name) for name in acknowledged} == acknowledged
    assert deleted.isdisjoint(found)
    connection = sqlite3.connect(tmp_path / "records.sqlite")
    rows = " ".join(row[0] for row in connection.execute("SELECT record FROM things WHERE kind IN ('file', 'part')"))
    connection.close()
    assert all(path.name in rows for path in (tmp_path / "bodies").iterdir())


def test_what_partners_have_stays(running: Open) -> None:
    with running() as service:
        cloud, admin = service.cloud, service.account_id
        cloud.partners.enable(admin)
        cloud.partners.set_conditions(admin, has_phone=True)
        group = cloud.partners.create_group(admin, "Customers", email_domain="example.com")
        new = {"adminAccountId": admin, "groupId": group.group_id}
        one, other = (
            service.ok("b2_create_group_member", **new, memberEmail=email)["groupMember"]
            for email in ("a@example.com", "b@example.com")
        )
        cloud.computers.add(one["accountId"], "laptop", last_upload=1)
        gone = cloud.computers.add(one["accountId"], "old laptop")
        cloud.computers.delete(cloud.state.accounts[admin].master_key, one["accountId"], gone.computer_id)
        service.ok("b2_eject_group_member", **new, memberAccountId=other["accountId"])
        trial = service.ok("b2_reserve_trial_create_account", email="c@example.com", term=7, storage=1)
    with running() as service:
        state = service.cloud.state
        assert sorted(service.authorize().json["apiInfo"]) == ["backupApi", "groupsApi", "storageApi"]
        page = service.ok("b2_list_group_members", adminAccountId=admin, groupId=group.group_id)
        assert [member["email"] for member in page["groupMembers"]] == ["a@example.com"]
        assert state.groups[group.group_id].email_domain == "example.com"
        assert [computer.name for computer in state.computers.values()] == ["laptop"]
        assert state.accounts[trial["accountId"]].trial_ends_at == trial["endDate"]
        again = {"adminAccountId": admin, "groupId": group.group_id, "memberEmail": "b@example.com"}
        assert service.call("b2_create_group_member", again).refusal == (401, "invalid_email")
        accounts.remove(service.cloud, one["accountId"])
    with running() as service:
        assert service.cloud.state.groups[group.group_id].member_ids == []
        assert service.cloud.state.computers == {}


def test_a_partner_keeps_its_group_when_the_server_starts_again(tmp_path: Path) -> None:
    found = []
    for _ in range(2):
        with SimulatorServer(data=tmp_path / "data", partner=True) as server:
            found.append([(group.group_id, group.name) for group in server.cloud.state.groups.values()])
    assert found[0] == found[1] != []
    assert found[0][0][1] == "test-group"
