"""A function that abuses what its runtime and the daemon talk over, in the way that its event names."""

HANDLER = """
import json, os, socket, struct, sys, threading, time

RESPONSES = max(n for n in map(int, os.listdir('/proc/self/fd'))
    if os.path.lexists(f'/proc/self/fd/{n}') and os.readlink(f'/proc/self/fd/{n}').startswith('pipe:'))
MINE = {}

def say(*parts):
    for part in parts:
        view = memoryview(part)
        while view: view = view[os.write(RESPONSES, view):]

def frame(kind, meta=b'', body=b'', metas=None, bodies=None):
    return struct.pack('<III', kind, len(meta) if metas is None else metas, len(body) if bodies is None else bodies) + meta + body

def answer(name, body=b'"forged"'):
    return frame(19, json.dumps({'id': name, 'peak': 1}).encode(), body)

def unknown_kind(_): say(frame(99))
def order_of_ours(_): say(frame(2, b'{}'))
def kind_with_high_bytes(_): say(struct.pack('<III', 0x01000013, 0, 0))
def oversized_meta(_): say(frame(19, metas=2**32 - 1))
def oversized_body(_): say(frame(19, metas=0, bodies=2**32 - 1))
def truncated(_):
    say(answer(MINE['id'])[:-3])
    os._exit(0)
def interleaved(_):
    whole = answer(MINE['id'], b'"' + b'x' * 100_000 + b'"')
    say(whole[:50_000], answer(MINE['id']), whole[50_000:])
def endless(_):
    try:
        while True: say(bytes(65_536))
    except BrokenPipeError: time.sleep(30)
def endless_answers(_):
    for _ in range(100_000): say(answer(MINE['id']))
def wrong_id(_): say(answer('00000000-0000-0000-0000-000000000000'))
def for_another(_): say(answer(MINE['other']))
def init_once_more(_): say(frame(17, b'{"peak":1}'))
def junk(_): say(os.urandom(1 << 20))
def silent(_):
    say(answer(MINE['id'])[:20])
    time.sleep(30)

def over_http(address, *parts, until_closed=True):
    with socket.create_connection(address, 10) as caller:
        caller.settimeout(10)
        said = b''
        try:
            for part in parts: caller.sendall(part)
            while got := caller.recv(65_536): said += got
        except (ConnectionError, socket.timeout) as error: said += type(error).__name__.encode()
    return said.split(b'\\r\\n')[0].decode()

def header_lines(address):
    return over_http(address, b'GET /2018-06-01/ping HTTP/1.1\\r\\n', b'a: b\\r\\n' * 100_000, b'\\r\\n')
def endless_header(address):
    return over_http(address, b'GET /2018-06-01/ping HTTP/1.1\\r\\na: ', b'x' * 10_000_000)
def no_http(address):
    return over_http(address, os.urandom(100_000) + b'\\r\\n\\r\\n')
def smuggled(address):
    return over_http(address, b'POST /2018-06-01/ping HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 4\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\nGET')
def giant_chunk(address):
    return over_http(address, b'POST /2018-06-01/ping HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nffffffffffffffff\\r\\n')

def crowd(address, processes=3):
    ready, tell = os.pipe()
    for _ in range(processes):
        if os.fork() == 0:
            held = []
            try:
                for _ in range(900):
                    caller = socket.create_connection(address, 5)
                    caller.sendall(b'GET /')
                    held.append(caller)
            except OSError: pass
            os.write(tell, b'.')
            time.sleep(30)
            os._exit(0)
    for _ in range(processes): os.read(ready, 1)
    return 'held'

def multitude(address): return crowd(address, 11)

def handler(event, context):
    if not event: return 'well'
    MINE.update(id=context.aws_request_id, other=event.get('other'))
    do = globals()[event['do']]
    if 'port' in event: return do(('127.0.0.1', event['port']))
    do(event)
    time.sleep(30)
"""
