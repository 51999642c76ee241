"""A number of requests, each judged."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from lambent.daemon.operations import EFFECTS
from lambent.gateway.chain import Handler
from lambent.wire.protocol import WireRequest, WireResponse
from tests.fuzz.judge import answered_error, complaint
from tests.fuzz.mutations import broken
from tests.fuzz.recipes import REFUSED, Recipes
from tests.fuzz.values import Values
from tests.fuzz.world import ACCOUNT, REGION, World, world
from tests.wire.botocore_side import operation_names, request_of, service_model

PROTOCOLS: Final = {"lambda": "rest-json", "logs": "json", "sts": "query"}
BUILT: Final = {service: set(operations) for service, operations in EFFECTS.items()}
_VALID_SHARE: Final = 0.4
_BUILT_SHARE: Final = 0.7


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of a campaign."""

    seed: int
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    succeeded: Counter[str] = field(default_factory=Counter)
    """Valid requests to operations that are built, by operation."""
    not_built: Counter[str] = field(default_factory=Counter)
    """Valid requests to the others."""
    errors: set[tuple[str, str]] = field(default_factory=set)
    """Operation of Lambda that was called for, and the error that it answered."""
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        statuses = ", ".join(f"{n} of {status}" for status, n in sorted(self.statuses.items()))
        head = f"seed {self.seed}: {self.requests} requests, {statuses}, {len(self.faults)} faults"
        return "\n".join([head, *self.faults[:20]])


async def campaign(
    *,
    requests: int,
    seed: int,
    directory: Path,
    planted: Mapping[str, Handler] | None = None,
) -> Report:
    """Send so many requests; `planted` are handlers of Lambda that are put in place of the real ones and alone are asked.

    Of what is built, each operation is asked once with a valid request first.
    """
    report = Report(seed=seed)
    async with world(directory) as made:
        made.services["lambda"].update(planted or {})
        recipes = Recipes(random=Random(seed), world=made)
        each = [] if planted else _built()
        for number in range(requests):
            random = Random(f"{seed} {number}")
            chosen = ("lambda", random.choice(sorted(planted))) if planted else _chosen(random)
            is_valid = random.random() < _VALID_SHARE
            if number < len(each):
                chosen, is_valid = each[number], True
            await _one(report, made, recipes, random, number, chosen=chosen, is_valid=is_valid)
    return report


async def _one(
    report: Report,
    made: World,
    recipes: Recipes,
    random: Random,
    number: int,
    *,
    chosen: tuple[str, str],
    is_valid: bool,
) -> None:
    await made.provide()
    service, operation = chosen
    request = await _valid(service, operation, recipes, random)
    if not is_valid:
        request = broken(random, request)
    try:
        response = await made.answer(request)
        fault = complaint(request, response, built=BUILT)
        report.errors |= answered_error(request, response)
    except Exception as error:  # noqa: BLE001 - whatever comes of a request is to be reported with it
        response, fault = WireResponse(status=0, headers=(), body=b""), repr(error)
    if is_valid and not fault:
        fault = _unless_it_succeeded(report, service, operation, response)
    report.requests += 1
    report.statuses[response.status] += 1
    if fault:
        shown = replace(request, body=request.body[:600], target=request.target[:600])
        kind = "valid" if is_valid else "broken"
        report.faults.append(
            f"#{number} {kind} {service} {operation}: {fault}\n  {shown}\n  {response.body[:600]!r}"
        )


def _unless_it_succeeded(
    report: Report, service: str, operation: str, response: WireResponse
) -> str:
    if operation not in BUILT[service]:
        report.not_built[operation] += 1
        return "" if response.status == 501 else f"{response.status}, not 501"
    report.succeeded[operation] += 1
    wanted = range(200, 300) if operation not in REFUSED else (REFUSED[operation],)
    return "" if response.status in wanted else f"{response.status}, though it is valid"


def _chosen(random: Random) -> tuple[str, str]:
    if random.random() < _BUILT_SHARE:
        return random.choice(_built())
    return "lambda", random.choice(_operations("lambda"))


@cache
def _built() -> list[tuple[str, str]]:
    return [(service, operation) for service in BUILT for operation in sorted(BUILT[service])]


@cache
def _operations(service: str) -> list[str]:
    return operation_names(service)


async def _valid(service: str, operation: str, recipes: Recipes, random: Random) -> WireRequest:
    model = service_model(service).operation_model(operation)
    made = await recipes.made(service, operation)
    members = (
        {}
        if model.input_shape is None
        else Values(service=service, random=random).members(model.input_shape, made=made)
    )
    request = request_of(model, recipes.tidied(operation, members), protocol=PROTOCOLS[service])
    scope = f"{ACCOUNT}/20240501/{REGION}/{service}/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    headers = {**request.headers, b"host": b"localhost:4566", b"authorization": signed.encode()}
    return replace(request, headers=headers)
