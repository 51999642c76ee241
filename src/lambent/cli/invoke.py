"""`lambent invoke`: run a function and print what it answers."""

import base64
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lambent.cli.connection import INVOKE_SECONDS, Answer
from lambent.cli.failure import CommandFailure
from lambent.cli.functions import FUNCTIONS, Name, segment
from lambent.cli.session import (
    DEFAULT_ENDPOINT,
    AsJson,
    Endpoint,
    Region,
    connect,
    reporting,
    say,
    say_json,
)


@reporting
def invoke(
    *,
    context: typer.Context,
    name: Name,
    payload: Annotated[str, typer.Option(help="JSON, @FILE, or - for standard input.")] = "{}",
    tail: Annotated[bool, typer.Option("--tail", help="Show the log's end on stderr.")] = False,
    endpoint: Endpoint = DEFAULT_ENDPOINT,
    region: Region = "us-east-1",
    as_json: AsJson = False,
) -> None:
    """Print the result; the function's error goes to stderr, with exit status 1."""
    answer = connect(context, endpoint, region).rest(
        "POST",
        f"{FUNCTIONS}/{segment(name)}/invocations",
        headers={"X-Amz-Log-Type": "Tail"} if tail else {},
        body=_payload(payload),
        timeout_seconds=INVOKE_SECONDS,
    )
    log = base64.b64decode(answer.headers.get("x-amz-log-result", "")).decode("utf-8", "replace")
    failed = answer.headers.get("x-amz-function-error")
    if as_json:
        say_json(_told(answer, log))
    elif failed:
        sys.stderr.write(_error(failed, answer.body) + "\n")
    else:
        say(answer.body.decode("utf-8", "replace"))
    if log and not as_json:
        sys.stderr.write(log)
    if failed:
        raise typer.Exit(1)


def _payload(text: str) -> bytes:
    if text == "-":
        return sys.stdin.buffer.read()
    if not text.startswith("@"):
        return text.encode()
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise CommandFailure(f"Cannot read {text[1:]}: {error.strerror}.") from error


def _told(answer: Answer, log: str) -> dict[str, Any]:
    return {
        "StatusCode": answer.status,
        "FunctionError": answer.headers.get("x-amz-function-error"),
        "ExecutedVersion": answer.headers.get("x-amz-executed-version"),
        "Payload": answer.document(),
        "Log": log or None,
    }


def _error(kind: str, body: bytes) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return f"{kind}: {body.decode('utf-8', 'replace')}"
    head = f"{kind}: {told.get('errorType', 'Error')}: {told.get('errorMessage', '')}"
    trace = told.get("stackTrace")
    return head + "".join(f"\n{line.rstrip()}" for line in trace or () if isinstance(line, str))
