"""Reaching into sandboxes: what is taken for theirs."""

import os
from pathlib import Path

from lambent.sandbox.spawner.namespaces import open_storage


def test_the_tmp_of_a_process_with_the_host_s_root_is_no_storage_to_wipe() -> None:
    assert open_storage(os.getpid(), spool=Path("/")) is None
