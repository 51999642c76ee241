"""An init that fails, crashes or takes too long, and its second attempt."""

from lambent.runtime_api.port import RuntimeFault
from lambent.sandbox.port import Ending
from tests.execution.playing import INIT_START, dies
from tests.execution.rig import rig


async def test_a_failed_init_is_tried_once_more_inside_the_invocation() -> None:
    async with rig() as r:
        request_id = r.submit(wants_tail=True)
        await r.turn()
        body = b'{"errorMessage":"Unable to import module","errorType":"Runtime.ImportModuleError","requestId":"","stackTrace":[]}'
        fault = RuntimeFault(error_type="Runtime.ImportModuleError", body=body)
        for channel in (0, 1):
            await r.boot(r.channels[channel])
            r.clock.advance(0.1)
            r.captures[channel].writes("[ERROR] Runtime.ImportModuleError")
            r.channels[channel].listener.init_failed(fault)
            await r.turn()
            r.sandboxes.made[channel].exits(Ending(exit_status=1))
            await r.turn()
        outcome = r.outcome(request_id)
        assert (outcome.payload, outcome.function_error) == (body, "Unhandled")
        first, second = r.captures
        assert first.key == second.key
        assert first.lines == [
            INIT_START,
            "[ERROR] Runtime.ImportModuleError",
            "INIT_REPORT Init Duration: 100.00 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError",
        ]
        assert second.lines == [
            "[ERROR] Runtime.ImportModuleError",
            "INIT_REPORT Init Duration: 100.00 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ImportModuleError",
            "START RequestId: id-1 Version: $LATEST",
            "END RequestId: id-1",
            (
                "REPORT RequestId: id-1\tDuration: 100.00 ms\tBilled Duration: 100 ms\tMemory Size: 128 MB\t"
                "Max Memory Used: 1 MB\tStatus: error\tError Type: Runtime.ImportModuleError"
            ),
        ]
        assert outcome.log_tail.decode().splitlines() == second.lines
        assert len(r.sandboxes.made) == 2
        assert not r.sandboxes.alive


async def test_an_init_that_succeeds_the_second_time_runs_the_invocation() -> None:
    async with rig() as r:
        request_id = r.submit()
        await r.turn()
        await r.boot(r.channels[0])
        await dies(r, r.channels[0], Ending(exit_status=1))
        await r.initialise(r.channels[1], seconds=1.0)
        assert r.channels[1].invokes[0].deadline_epoch_ms == r.clock.epoch_ms() + 2000
        r.clock.advance(0.5)
        r.answer(r.channels[1])
        assert r.outcome(request_id).function_error == ""
        assert r.captures[1].lines[-1].startswith("REPORT RequestId: id-1\tDuration: 1500.00 ms\t")
        assert "Init Duration" not in r.captures[1].lines[-1]


async def test_a_module_that_exits_is_an_exit_error() -> None:
    async with rig() as r:
        request_id = r.submit()
        await r.turn()
        for channel in (0, 1):
            await r.boot(r.channels[channel])
            await dies(r, r.channels[channel], Ending(exit_status=0))
        assert r.outcome(request_id).payload.decode() == (
            '{"errorType":"Runtime.ExitError",'
            '"errorMessage":"RequestId: id-1 Error: Runtime exited without providing a reason"}'
        )
        assert (
            "Phase: init\tStatus: error\tError Type: Runtime.ExitError" in r.captures[0].lines[-1]
        )


async def test_an_error_type_of_the_users_own_is_unknown_to_the_init_report() -> None:
    async with rig() as r:
        r.submit()
        await r.turn()
        await r.boot(r.channels[0])
        fault = RuntimeFault(error_type="ValueError", body=b"{}")
        r.channels[0].listener.init_failed(fault)
        await r.passes(0.3)
        assert r.captures[0].lines[-1].endswith("Status: error\tError Type: Runtime.Unknown")


async def test_an_init_that_takes_too_long_is_tried_again_under_the_functions_timeout() -> None:
    async with rig() as r:
        request_id = r.submit()
        await r.turn()
        await r.boot(r.channels[0])
        await r.passes(10.02, step=10.01)
        assert r.captures[0].lines[-1].startswith("INIT_REPORT Init Duration: 100")
        assert r.captures[0].lines[-1].endswith(" ms\tPhase: init\tStatus: timeout")
        await r.boot(r.channels[1])
        await r.passes(3.02, step=3.01)
        outcome = r.outcome(request_id)
        assert b"Task timed out after 3.00 seconds" in outcome.payload
        assert r.captures[1].lines[:2] == [
            "INIT_REPORT Init Duration: 3000.00 ms\tPhase: invoke\tStatus: timeout",
            "START RequestId: id-1 Version: $LATEST",
        ]
        assert r.captures[1].lines[-1].endswith("Max Memory Used: 1 MB\tStatus: timeout")
