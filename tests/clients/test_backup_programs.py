from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.clients.conftest import Client, Tree

    from b2sdk.v3 import Bucket


def test_restic_backs_up_checks_prunes_and_restores(client: Client, tree: Tree, bucket: Bucket) -> None:
    repository = {
        "RESTIC_REPOSITORY": f"b2:{bucket.name}:a folder+/repository",
        "RESTIC_PASSWORD": "password",
        "B2_ACCOUNT_ID": client.server.key_id,
        "B2_ACCOUNT_KEY": client.server.key,
    }

    def restic(*arguments: str) -> str:
        program = client.programs / "sid" / "bin" / "restic"
        return client.run(program, "--no-cache", "--cacert", str(client.server.ca_file), *arguments, **repository)

    restic("init")
    restic("backup", "tree")
    (tree.path / "more").write_bytes(b"more")
    restic("backup", "tree")
    assert "2 snapshots" in restic("snapshots")
    assert "no errors were found" in restic("check", "--read-data")
    restic("forget", "--keep-last", "1", "--prune")
    assert "no errors were found" in restic("check", "--read-data")
    restic("restore", "latest", "--target", "restored")
    assert (client.home / "restored" / "tree" / "more").read_bytes() == b"more"
    (client.home / "restored" / "tree" / "more").unlink()
    assert tree.holds_too(client.home / "restored" / "tree")


def test_duplicity_backs_up_verifies_and_restores_with_this_package(client: Client, tree: Tree, bucket: Bucket) -> None:
    target = f"b2://{client.server.key_id}:{client.server.key}@{bucket.name}/folder/below"

    def duplicity(*arguments: str) -> str:
        program = client.programs / "python" / "bin" / "duplicity"
        return client.run(program, *arguments)

    assert "Errors 0" in duplicity("full", "--no-encryption", "tree", target)
    (tree.path / "more").write_bytes(b"more")
    assert "Errors 0" in duplicity("incremental", "--no-encryption", "tree", target)
    assert "0 difference(s) found" in duplicity("verify", "--compare-data", "--no-encryption", target, "tree")
    duplicity("restore", "--no-encryption", target, "restored")
    (client.home / "restored" / "more").unlink()
    assert tree.holds_too(client.home / "restored")
