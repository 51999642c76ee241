"""An environment that has its function."""

from typing import NamedTuple

from lambent.execution.journal import Journal
from lambent.model.function import FunctionVersion
from lambent.runtime_api.port import RuntimeChannel


class Bound(NamedTuple):
    """What an environment has from the moment on at which its function's init begins."""

    function: FunctionVersion
    channel: RuntimeChannel
    journal: Journal
