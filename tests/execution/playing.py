"""What tests of one environment do again and again."""

from lambent.sandbox.port import Ending
from tests.execution.rig import Rig
from tests.fakes.environments import FakeChannel, active_function

INIT_START = (
    "INIT_START Runtime Version: python:3.11.7\tRuntime Version ARN: "
    f"arn:aws:lambda:us-east-1::runtime:{'ab' * 32}"
)


async def cold(
    r: Rig, *, memory_mb: int = 128, timeout_seconds: int = 3
) -> tuple[str, FakeChannel]:
    """An invocation that is being run by a new environment."""
    function = active_function(memory_mb=memory_mb, timeout_seconds=timeout_seconds)
    r.functions.put(function)
    request_id = r.submit(function, wants_tail=True)
    await r.turn()
    channel = r.channels[-1]
    await r.initialise(channel, seconds=0.11)
    return request_id, channel


async def dies(r: Rig, channel: FakeChannel, ending: Ending) -> None:
    """Its runtime ends by itself."""
    sandbox = next(s for s in r.sandboxes.made if s is channel.sandbox)
    channel.listener.broken("the runtime closed its end")
    sandbox.exits(ending)
    await r.turn()
