"""Setting up replication in an event loop; what is set up is shown by ``replication/test_setup.py``."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest
from tests.aio.cancelling import MOMENTS, Moment, cancelled_everywhere
from tests.aio.test_api import run

from b2sdk.aio import B2Api, ReplicationSetupHelper
from b2sdk.bucket import Bucket
from b2sdk.simulator import SimulatorServer


def test_a_bucket_of_the_client_that_blocks_is_refused_before_anything_is_sent(service: SimulatorServer) -> None:
    async def use(api: B2Api) -> None:
        mine = await api.create_bucket("my-bucket", "allPrivate")
        wrong: Any = Bucket(None, "id")  # type: ignore[arg-type]
        service.journal.clear()
        for setting_up in (
            ReplicationSetupHelper().setup_both(mine, wrong),
            ReplicationSetupHelper().setup_source(wrong, await api.create_key(["readFiles"], "key"), mine),
            ReplicationSetupHelper().setup_destination("key", wrong),
        ):
            with pytest.raises(TypeError, match=r"buckets of b2sdk\.aio, not b2sdk\.bucket\.Bucket"):
                await setting_up
        assert [entry.endpoint for entry in service.journal.entries] == ["b2_create_key"]

    run(service, use)


@pytest.mark.parametrize("moment", MOMENTS)
def test_wherever_it_is_cancelled_the_next_one_completes_it(service: SimulatorServer, moment: Moment) -> None:
    async def use(api: B2Api) -> None:
        buckets = [await api.create_bucket(name, "allPrivate") for name in ("source", "destination")]

        async def set_up() -> None:
            source, destination = [await bucket.get_fresh_state() for bucket in buckets]
            if source.replication is None or not source.replication.rules:
                await ReplicationSetupHelper().setup_both(source, destination)

        count = 0
        async with aclosing(cancelled_everywhere(set_up, moment)) as tasks:
            async for task in tasks:
                count += task.cancelled()
        assert count > 4
        source, destination = [await bucket.get_fresh_state() for bucket in buckets]
        assert source.replication is not None
        assert destination.replication is not None
        (rule,) = source.replication.rules
        assert rule.destination_bucket_id == destination.id_
        assert source.replication.source_key_id in destination.replication.source_to_destination_key_mapping
        assert len(set(destination.replication.source_to_destination_key_mapping.values())) == 1

    run(service, use)
