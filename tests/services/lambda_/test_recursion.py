"""GetFunctionRecursionConfig and PutFunctionRecursionConfig (reference 01 §15; not found: reference 01 §8)."""

from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import NOT_FOUND, refused

GET, PUT = "GetFunctionRecursionConfig", "PutFunctionRecursionConfig"


async def test_it_is_terminate_until_something_else_is_put_and_ends_with_the_function(
    bench: Bench,
) -> None:
    await bench.create_active()
    assert await bench.call(GET, FunctionName="fn") == {"RecursiveLoop": "Terminate"}
    allowed = {"RecursiveLoop": "Allow"}
    assert await bench.call(PUT, FunctionName="fn", **allowed) == allowed
    assert await bench.call(GET, FunctionName=bench.arn()) == allowed
    await bench.call("DeleteFunction", FunctionName="fn")
    await bench.create_active()
    assert await bench.call(GET, FunctionName="fn") == {"RecursiveLoop": "Terminate"}


async def test_a_function_that_is_not_there(bench: Bench) -> None:
    expected = NOT_FOUND, f"Function not found: {bench.arn('nobody')}", 404
    assert await refused(bench, GET, FunctionName="nobody") == expected
    assert await refused(bench, PUT, FunctionName="nobody", RecursiveLoop="Allow") == expected
