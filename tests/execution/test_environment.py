"""One environment as its invocations see it: outcomes and log lines to the byte."""

import pytest

from lambent.execution.phases import Phase, PhaseRefused
from lambent.model.errors import ServiceFailure
from lambent.runtime_api.port import RuntimeFault
from lambent.sandbox.port import Ending
from tests.execution.playing import INIT_START, cold, dies
from tests.execution.rig import rig
from tests.fakes.environments import FakeRuntime, active_function

MIB = 1_048_576


async def test_a_cold_invocation_is_made_bound_started_and_reported() -> None:
    async with rig() as r:
        request_id, channel = await cold(r, memory_mb=256)
        r.captures[0].writes("hello from the function")
        r.clock.advance(0.00301)
        r.answer(channel, b'{"a":1}')
        outcome = r.outcome(request_id)
        assert (outcome.payload, outcome.function_error, outcome.executed_version) == (
            b'{"a":1}',
            "",
            "$LATEST",
        )
        assert r.captures[0].lines == [
            INIT_START,
            "START RequestId: id-1 Version: $LATEST",
            "hello from the function",
            "END RequestId: id-1",
            (
                "REPORT RequestId: id-1\tDuration: 3.01 ms\tBilled Duration: 114 ms\tMemory Size: 256 MB\t"
                "Max Memory Used: 36 MB\tInit Duration: 110.00 ms\t"
            ),
        ]
        assert outcome.log_tail.decode().splitlines() == r.captures[0].lines[1:]
        assert r.captures[0].key.group == "/aws/lambda/hello"
        assert r.captures[0].key.stream.startswith("2025/11/25/[$LATEST]")
        (sandbox,) = r.sandboxes.made
        assert str(sandbox.bound) == "/trees/" + "cd" * 32
        assert sandbox.plan.memory_mb == 256
        assert sandbox.limits == [(256, 256 / 1769)]
        (start,) = channel.starts
        assert start.handler == "app.handler"
        assert start.environ == {"NAME": "hello", "STREAM": r.captures[0].key.stream}


async def test_a_warm_invocation_reports_no_init() -> None:
    async with rig() as r:
        channel = await r.warm()
        request_id = r.submit()
        r.clock.advance(0.002)
        r.answer(channel)
        assert r.outcome(request_id).payload == b'"ok"'
        assert r.captures[0].lines[-1] == (
            "REPORT RequestId: id-2\tDuration: 2.00 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 36 MB\t"
        )
        assert len(r.sandboxes.made) == 1


async def test_the_deadline_is_the_timeout_from_now() -> None:
    async with rig() as r:
        _, channel = await cold(r, timeout_seconds=7)
        assert channel.invokes[0].deadline_epoch_ms == r.clock.epoch_ms() + 7000
        r.answer(channel)


async def test_an_exception_of_the_handler_leaves_the_environment_warm() -> None:
    async with rig() as r:
        request_id, channel = await cold(r)
        body = b'{"errorMessage":"x","errorType":"ValueError","requestId":"id-1","stackTrace":[]}'
        channel.listener.failed(
            "id-1", RuntimeFault(error_type="ValueError", body=body), peak_memory_bytes=0
        )
        outcome = r.outcome(request_id)
        assert (outcome.payload, outcome.function_error) == (body, "Unhandled")
        assert r.captures[0].lines[-1].endswith("\tInit Duration: 110.00 ms\t")
        again = r.submit()
        r.answer(channel)
        assert r.outcome(again).function_error == ""


async def test_an_error_of_the_runtime_itself_is_named_in_the_report() -> None:
    async with rig() as r:
        _, channel = await cold(r)
        fault = RuntimeFault(error_type="Runtime.MarshalError", body=b"{}")
        channel.listener.failed("id-1", fault, peak_memory_bytes=0)
        assert (
            r.captures[0].lines[-1].endswith("ms\tStatus: error\tError Type: Runtime.MarshalError")
        )


async def test_a_response_over_the_limit_is_an_error() -> None:
    async with rig() as r:
        request_id, channel = await cold(r)
        r.answer(channel, b"x" * 6_291_557)
        outcome = r.outcome(request_id)
        assert outcome.payload.decode() == (
            '{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",'
            '"errorType":"Function.ResponseSizeTooLarge"}'
        )
        assert outcome.function_error == "Unhandled"


async def test_a_timeout_ends_the_environment_and_says_so() -> None:
    async with rig() as r:
        request_id, channel = await cold(r)
        await r.passes(2.98)
        assert r.results[request_id] == []
        r.captures[0].writes("still at it")
        await r.passes(0.1)
        outcome = r.outcome(request_id)
        assert outcome.payload.decode() == (
            '{"errorType":"Sandbox.Timedout",'
            '"errorMessage":"RequestId: id-1 Error: Task timed out after 3.00 seconds"}'
        )
        assert outcome.function_error == "Unhandled"
        at = "2025-11-25T12:00:03.190Z"
        assert r.captures[0].lines[1:] == [
            "START RequestId: id-1 Version: $LATEST",
            "still at it",
            f"{at} id-1 Task timed out after 3.00 seconds\n",
            "END RequestId: id-1",
            (
                "REPORT RequestId: id-1\tDuration: 3000.00 ms\tBilled Duration: 3110 ms\tMemory Size: 128 MB\t"
                "Max Memory Used: 30 MB\tInit Duration: 110.00 ms\tStatus: timeout"
            ),
        ]
        assert channel.closed
        assert not r.sandboxes.alive
        assert r.captures[0].closed == 1
        assert await r.warm() is not channel


async def test_a_timeout_is_told_even_when_the_kill_takes_long() -> None:
    async with rig() as r:
        request_id, _ = await cold(r)
        r.sandboxes.held.add("kill")
        await r.passes(3.1)
        assert r.results[request_id] == []
        await r.passes(1.1)
        assert b"Sandbox.Timedout" in r.outcome(request_id).payload
        assert r.room.live == 1


async def test_a_kill_that_fails_is_tried_again() -> None:
    async with rig() as r:
        await r.warm()
        r.sandboxes.failing.add("kill")
        await r.passes(601)
        assert r.sandboxes.alive
        r.sandboxes.failing.clear()
        await r.passes(5)
        assert not r.sandboxes.alive
        assert r.room.live == 0


@pytest.mark.parametrize(
    ("ending", "error_type", "how"),
    [
        (Ending(exit_status=127), "Runtime.ExitError", "with error: exit status 127"),
        (Ending(exit_status=0), "Runtime.ExitError", "without providing a reason"),
        (Ending(signal=9), "Runtime.ExitError", "with error: signal: killed"),
        (Ending(signal=11), "Runtime.ExitError", "with error: signal: segmentation fault"),
        (Ending(signal=40), "Runtime.ExitError", "with error: signal: signal 40"),
        (
            Ending(signal=9, out_of_memory=True, peak_memory_bytes=100 * MIB),
            "Runtime.OutOfMemory",
            "with error: signal: killed",
        ),
    ],
)
async def test_a_runtime_that_ends_fails_the_invocation(
    ending: Ending, error_type: str, how: str
) -> None:
    async with rig() as r:
        request_id, channel = await cold(r)
        r.clock.advance(0.5)
        r.captures[0].writes("last words")
        await dies(r, channel, ending)
        outcome = r.outcome(request_id)
        assert outcome.payload.decode() == (
            f'{{"errorType":"{error_type}","errorMessage":"RequestId: id-1 Error: Runtime exited {how}"}}'
        )
        used = 128 if ending.out_of_memory else 30
        assert r.captures[0].lines[2:] == [
            "last words",
            f"RequestId: id-1 Error: Runtime exited {how}\n{error_type}",
            "END RequestId: id-1",
            (
                "REPORT RequestId: id-1\tDuration: 500.00 ms\tBilled Duration: 610 ms\tMemory Size: 128 MB\t"
                f"Max Memory Used: {used} MB\tInit Duration: 110.00 ms\tStatus: error\tError Type: {error_type}"
            ),
        ]
        assert not r.sandboxes.alive
        assert await r.warm() is not channel


async def test_an_exit_that_is_heard_of_only_by_the_kill_is_an_exit_all_the_same() -> None:
    async with rig() as r:
        request_id, channel = await cold(r)
        r.sandboxes.killed_as = Ending(exit_status=3)
        channel.listener.broken("the runtime closed its end")
        await r.passes(0.3)
        assert b"exit status 3" in r.outcome(request_id).payload


async def test_a_runtime_that_breaks_the_protocol_is_ended_with_the_reason() -> None:
    async with rig() as r:
        request_id, channel = await cold(r)
        channel.listener.broken('frame of kind "99"')
        await r.passes(0.3)
        assert r.outcome(request_id).payload.decode() == (
            '{"errorType":"Runtime.ExitError",'
            '"errorMessage":"RequestId: id-1 Error: Runtime exited with error: frame of kind \\"99\\""}'
        )
        assert not r.sandboxes.alive


async def test_an_answer_that_came_just_before_the_exit_counts() -> None:
    async with rig() as r:
        request_id, channel = await cold(r)
        r.sandboxes.made[0].exits(Ending(exit_status=0))
        await r.turn()
        r.answer(channel)
        assert r.outcome(request_id).function_error == ""
        await r.turn()
        assert not r.sandboxes.alive


async def test_an_answer_to_another_request_ends_the_environment() -> None:
    async with rig() as r:
        request_id, channel = await cold(r)
        channel.listener.responded("id-999", b"1", peak_memory_bytes=0)
        await r.turn()
        assert b"an answer to nothing that was asked" in r.outcome(request_id).payload


async def test_a_word_out_of_turn_ends_an_idle_environment() -> None:
    async with rig() as r:
        channel = await r.warm()
        channel.listener.init_finished(peak_memory_bytes=0)
        await r.turn()
        assert not r.sandboxes.alive


async def test_an_idle_environment_that_dies_is_not_used_again() -> None:
    async with rig() as r:
        channel = await r.warm()
        r.sandboxes.made[0].exits(Ending(signal=9))
        await r.turn()
        request_id = r.submit()
        await r.turn()
        assert r.channels[-1] is not channel
        await r.initialise(r.channels[-1])
        r.answer(r.channels[-1])
        assert r.outcome(request_id).function_error == ""


async def test_an_environment_that_cannot_be_limited_serves_one_invocation_only() -> None:
    async with rig() as r:
        r.sandboxes.failing.add("limit")
        request_id, channel = await cold(r)
        r.answer(channel)
        await r.turn()
        assert r.outcome(request_id).function_error == ""
        assert not r.sandboxes.alive


async def test_what_serves_inside_is_closed_and_the_code_is_bound_before_the_start() -> None:
    async with rig() as r:
        r.submit()
        await r.turn()
        r.sandboxes.held.add("bind")
        await r.boot(r.channels[0])
        assert r.channels[0].starts == []
        r.sandboxes.release("bind")
        await r.turn()
        assert len(r.channels[0].starts) == 1


async def test_closing_answers_what_runs_with_a_service_failure() -> None:
    async with rig() as r:
        request_id, _ = await cold(r)
        waiting = r.submit()
        r.invoker.close()
        await r.turn()
        assert isinstance(r.error(request_id), ServiceFailure)
        assert isinstance(r.error(waiting), ServiceFailure)


async def test_an_environment_is_bound_only_while_it_waits() -> None:
    async with rig(kept=("python3.11",)) as r:
        await r.turn()
        await r.boot(r.channels[0])
        cell = r.cells.take(FakeRuntime(), r.cells)
        assert cell is not None
        assert cell.phase is Phase.WAITING
        cell.bind(active_function(), owner=r.cells)
        with pytest.raises(PhaseRefused):
            cell.bind(active_function(), owner=r.cells)
        cell.end()
        await r.turn()


async def test_a_runtime_that_ends_after_its_answer_is_given_nothing_more() -> None:
    async with rig() as r:
        request_id, channel = await cold(r)
        fault = RuntimeFault(error_type="Runtime.UnhandledPromiseRejection", body=b"{}", fatal=True)
        channel.listener.failed(request_id, fault, peak_memory_bytes=36 * MIB)
        assert r.outcome(request_id).function_error == "Unhandled"
        next_id, another = await cold(r)
        assert another is not channel
        r.answer(another)
        assert r.outcome(next_id).function_error == ""
