"""The Python runtime: says that it waits, becomes a function when told which, and answers its invocations."""

from __future__ import annotations

import json
import logging
import os
import sys
import time

from lambent_python import channel as wire
from lambent_python import handlers, world
from lambent_python.channel import Channel, Closed, peak_memory_bytes
from lambent_python.context import FunctionFacts, LambdaContext
from lambent_python.faults import TOO_LARGE, UNHANDLED_WARNING, Fault, error_report
from lambent_python.logs import Logs
from lambent_python.rehearsal import rehearse
from lambent_python.results import Encoder

TYPE_CHECKING = False  # typing itself takes 5 ms of each start
if TYPE_CHECKING:
    from typing import Any, Callable

REQUESTS, RESPONSES = 3, 4
LONGEST_RESPONSE = 6_291_556
_TOO_LARGE_LINE = "LAMBDA_RUNTIME Failed to post handler success response. Http response code: 413."


class Runtime:
    """One function, loaded."""

    def __init__(self, channel: Channel, logs: Logs, encoder: Encoder) -> None:
        self._channel, self._logs, self._encoder = channel, logs, encoder
        self._facts = FunctionFacts(os.environ)
        self._streams = (sys.stdout, sys.stderr)
        self._decode: Callable[[str], Any] = json.JSONDecoder().decode

    def load(self, name: str) -> handlers.Handler:
        """Load the handler; when that fails, report it and end the process."""
        try:
            return handlers.load(name)
        except Exception as error:
            report = error_report(error)
            logging.warning(UNHANDLED_WARNING)  # noqa: LOG015  # AWS's runtime logs it at the root
            self._logs.error(report)
            self._flush()
            meta = json.dumps({"type": _capped(report["errorType"])}).encode()
            self._channel.send(wire.INIT_ERROR, meta, self._reported(report))
            sys.exit(1)

    def serve(self, handler: handlers.Handler) -> None:
        """Answer invocations until the engine closes the channel."""
        self._flush()
        self._channel.send(wire.INIT_DONE, b'{"peak":%d}' % peak_memory_bytes())
        while True:
            self._serve_one(handler)

    def _serve_one(self, handler: handlers.Handler) -> None:
        _, meta, body = self._channel.receive()
        order = self._decode(meta.decode())
        self._logs.current.request_id = order["id"]
        _set_trace(order["trace"])
        kind, error_type, answer = self._invoke(handler, order, body)
        self._flush()
        self._channel.send(kind, _answer_meta(order["id"], error_type), answer)

    def _invoke(
        self, handler: handlers.Handler, order: dict[str, Any], body: bytes | bytearray
    ) -> tuple[int, str, bytes]:
        request_id = order["id"]
        try:
            context = LambdaContext(
                self._facts,
                request_id,
                self._client_context(order["context"]),
                order["deadline"],
                order["arn"],
            )
            event = self._event(body)
            answer = self._marshalled(handler(event, context))
        except Exception as error:
            report = error_report(error, request_id)
            self._logs.error(report)
            return wire.ERROR, report["errorType"], self._reported(report)
        if len(answer) > LONGEST_RESPONSE:
            now = int(time.time() * 1000)
            print(f"[ERROR] [{now}] {_TOO_LARGE_LINE}")
            return wire.ERROR, "Function.ResponseSizeTooLarge", TOO_LARGE
        return wire.RESPONSE, "", answer

    def _client_context(self, text: str) -> Any:
        if not text:
            return None
        try:
            return self._decode(text)
        except Exception as error:
            message = f"Unable to parse Client Context JSON: {error}"
            raise Fault("Runtime.LambdaContextUnmarshalError", message) from error

    def _event(self, body: bytes | bytearray) -> Any:
        try:
            return self._decode(body.decode())
        except Exception as error:
            raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error

    def _marshalled(self, result: Any) -> bytes:
        if isinstance(result, bytes):
            return result
        try:
            return self._encoder.encode(result)
        except Exception as error:
            raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error

    def _reported(self, report: dict[str, Any]) -> bytes:
        # A message may hold lone surrogates (a file name that isn't UTF-8): then all of it is escaped.
        try:
            body = self._encoder.encode(report)
        except UnicodeEncodeError:
            body = json.dumps(report).encode()
        return body if len(body) <= LONGEST_RESPONSE else TOO_LARGE

    def _flush(self) -> None:
        out, err = self._streams
        try:
            out.flush()
            err.flush()
            if sys.stdout is not out or sys.stderr is not err:
                sys.stdout.flush()
                sys.stderr.flush()
        except Exception:
            return  # the function has closed or replaced a stream: its output is its own business


def _answer_meta(request_id: str, error_type: str) -> bytes:
    if not error_type:
        return b'{"id":"%b","peak":%d}' % (request_id.encode(), peak_memory_bytes())
    meta = {"id": request_id, "type": _capped(error_type), "peak": peak_memory_bytes()}
    return json.dumps(meta).encode()


def _capped(error_type: str) -> str:
    # Meta has a limit, the name of a class has none. The body tells it whole.
    return error_type[:256]


def _set_trace(trace: str) -> None:
    if trace:
        os.environ["_X_AMZN_TRACE_ID"] = trace
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)


def _receive_function(script: str) -> Channel:
    """Wait for the function and take its environment; this may start the process anew."""
    again = os.environ.pop(world.CHANNEL_VARIABLE, "")
    if again:
        requests, responses = map(int, again.split(","))
        return Channel.out_of_the_way(requests, responses)
    booted_with = dict(os.environ)
    channel = Channel.out_of_the_way(REQUESTS, RESPONSES)
    rehearse()
    channel.send(wire.WAITING, b"{}")
    _, meta, _ = channel.receive()
    order = json.loads(meta)
    environ: dict[str, str] = {**order["environ"], "_HANDLER": order["handler"]}
    if world.needs_new_interpreter(environ, booted_with):
        world.start_again(environ, script, channel.descriptors)
    world.enter(environ)
    return channel


def main(script: str) -> None:
    """Run until the engine closes the channel or the function ends the process."""
    try:
        channel = _receive_function(script)
        world.settle()
        logs = Logs(os.environ)
        logs.set_up()
        runtime = Runtime(channel, logs, Encoder(ascii_only=sys.version_info < (3, 12)))
        runtime.serve(runtime.load(os.environ["_HANDLER"]))
    except Closed:
        sys.exit(0)
