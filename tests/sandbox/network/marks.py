"""What tests with network namespaces need."""

import os
from typing import Final

import pytest

from lambent.sandbox.network import nft

NEEDS_NETWORKS: Final = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces are made by root"),
    pytest.mark.skipif(nft.find() is None, reason="nft is not installed"),
]
