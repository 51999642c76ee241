"""Lambda's operations behind the gateway's chain, on stores in memory: what boto3 sends goes in, bytes come out."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from lambent.gateway.chain import ControlApplication
from lambent.identity.authenticator import Authenticator
from lambent.identity.keyring import Keyring
from lambent.identity.keys import MasterKey
from lambent.wire.models import Models
from lambent.wire.protocol import WireResponse
from tests.fakes.versions import ACCOUNT
from tests.gateway.exchanges import MemoryExchange
from tests.golden.case import Case, Step, names_of, placed
from tests.services.lambda_.bench import Bench
from tests.wire.botocore_side import request_of, service_model

MODEL: Final = service_model("lambda")
MODELS: Final = Models()
_ANSWER_SECONDS: Final = 60.0


class Wire:
    """One world in a region."""

    def __init__(self, region: str) -> None:
        self._region, self._bench = region, Bench(region=region)
        self._names = names_of(region)

    def placed(self, value: Any) -> Any:
        """`value` with the names of this world in all its texts."""
        return placed(value, self._names)

    async def run(self, case: Case) -> WireResponse:
        """What `case` is answered, after what comes before it."""
        await self.prepare(case.after)
        return await self.send(case.operation, case.members)

    async def prepare(self, steps: Sequence[Step]) -> None:
        """Do what comes before."""
        for each in steps:
            await self._before(each)

    async def send(self, operation: str, members: Mapping[str, Any]) -> WireResponse:
        """What an operation answers."""
        request = request_of(
            MODEL.operation_model(operation),
            self.placed(members),
            protocol="rest-json",
            is_checked=False,
        )
        scope = f"{ACCOUNT}/20240501/{self._region}/lambda/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        headers = {b"host": b"localhost:4566", b"authorization": signed.encode()}
        exchange = MemoryExchange.of(replace(request, headers={**request.headers, **headers}))
        async with asyncio.timeout(_ANSWER_SECONDS), asyncio.TaskGroup() as tasks:
            self._application(tasks).begin(exchange)
            await exchange.answered.wait()
        sent = tuple((k.encode(), v.encode()) for k, v in exchange.headers.items())
        return WireResponse(status=exchange.status, headers=sent, body=exchange.body)

    async def _before(self, each: Step) -> None:
        response = await self.send(each.operation, each.members)
        assert 200 <= response.status < 300, (each, response)
        for name, path in each.keeps.items():
            self._names[name] = _at(json.loads(response.body), path)
        if each.is_settled:
            await self._bench.settle_all()

    def _application(self, tasks: asyncio.TaskGroup) -> ControlApplication:
        bench = self._bench
        return ControlApplication(
            authenticator=Authenticator(
                keyring=Keyring(master=MasterKey(secret=bytes(32))),
                default_region=self._region,
                clock=bench.clock,
            ),
            services={"lambda": bench.handlers()},
            models=MODELS,
            ids=bench.ids,
            clock=bench.clock,
            tasks=tasks,
        )


def _at(document: Any, path: str) -> str:
    for member in path.split("."):
        document = document[member]
    return str(document)
