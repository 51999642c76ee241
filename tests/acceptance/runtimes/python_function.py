"""The function that the suite runs on every Python: one handler that does what its event names."""

HANDLER = """
import asyncio, json, logging, multiprocessing, os, subprocess, sys, threading, time
from concurrent.futures import ThreadPoolExecutor

log = logging.getLogger(__name__)
count = 0

class Failure(Exception):
    pass

def handler(event, context):
    global count
    count += 1
    return globals()["do_" + event["do"]](event["with"], context)

def do_echo(value, context):
    return value

def do_environment(value, context):
    return dict(os.environ)

def do_place(value, context):
    return {"cwd": os.getcwd(), "uid": os.getuid(), "version": list(sys.version_info[:2]), "file": __file__,
            "name": __name__, "task": os.access("/var/task", os.W_OK), "tmp": os.access("/tmp", os.W_OK)}

def do_context(value, context):
    before = context.get_remaining_time_in_millis()
    time.sleep(0.05)
    return {"members": {k: v for k, v in vars(context).items() if isinstance(v, str)},
            "left": before, "later": context.get_remaining_time_in_millis(), "repr": repr(context)}

def do_client(value, context):
    client = context.client_context
    return client and [client.custom, client.env, client.client.app_title, client.client.installation_id]

def do_raise(value, context):
    raise Failure(value)

def do_chain(value, context):
    try:
        do_raise(value, context)
    except Failure as error:
        raise LookupError() from error

def do_deep(value, context):
    return do_deep(value, context)

def do_object(value, context):
    return {"at": object}

def do_exit(value, context):
    print("last words")
    sys.exit(value)

def do_end(value, context):
    os._exit(value)

def do_signal(value, context):
    os.kill(os.getpid(), value)
    time.sleep(10)

def do_late(value, context):
    time.sleep(value)

def do_log(value, context):
    print("printed", value)
    print("two\\nlines", file=sys.stderr)
    log.info("unseen")
    log.warning("warned of %s", value)
    log.setLevel(logging.DEBUG)
    log.debug("debugged")
    log.setLevel(logging.NOTSET)
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("failed")
    sys.stdout.write("no end")

def do_size(value, context):
    return len(value)

def do_large(value, context):
    return "x" * value

def do_unicode(value, context):
    return [value, len(value), [ord(letter) for letter in value]]

def do_threads(value, context):
    with ThreadPoolExecutor(value) as pool:
        pooled = list(pool.map(lambda n: n * n, range(value)))
    heard = []
    daemon = threading.Thread(target=lambda: heard.append(threading.current_thread().daemon), daemon=True)
    daemon.start()
    daemon.join()
    async def later(n):
        await asyncio.sleep(0.001)
        return -n
    async def all_of_them():
        return await asyncio.gather(*(later(n) for n in range(value)))
    return [pooled, heard, asyncio.run(all_of_them())]

def _square(pipe, number):
    pipe.send(number * number)

def do_children(value, context):
    shell = subprocess.run(["sh", "-c", "cat; exit 3"], input=b"to a child", stdout=subprocess.PIPE)
    python = subprocess.run([sys.executable, "-c", "import json, sys; print(sys.version_info[:2])"], stdout=subprocess.PIPE)
    # As on AWS there is no /dev/shm to be relied on: processes are joined by pipes.
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe()
    process = fork.Process(target=_square, args=(there, value))
    process.start()
    squared = here.recv()
    process.join()
    pid = os.fork()
    if pid == 0:
        os._exit(9)
    return [shell.stdout.decode(), shell.returncode, python.stdout.decode().strip(), squared, process.exitcode,
            os.WEXITSTATUS(os.waitpid(pid, 0)[1])]

def do_count(value, context):
    kept = os.path.exists("/tmp/kept")
    open("/tmp/kept", "a").close()
    return [count, kept]

def do_packages(value, context):
    import boto3, markupsafe, markupsafe._speedups as native
    try:
        import of_the_sdk_alone
        sdk = of_the_sdk_alone.__file__
    except ImportError:
        sdk = None
    return [boto3.WHOSE, str(markupsafe.escape("<a>")), native.__file__.rpartition(".")[2], sdk]

def do_smoke(value, context):
    caught = []
    for check in ("raise", "chain", "nothing"):
        try:
            globals()["do_" + check](value, context)
        except Exception as error:
            caught.append(type(error).__name__)
    log.warning("warned")
    print("printed")
    return {"echo": value, "unicode": do_unicode(value, context), "threads": do_threads(8, context), "caught": caught,
            "children": do_children(3, context), "place": do_place(value, context), "packages": do_packages(value, context),
            "count": do_count(value, context), "context": do_context(value, context)["members"]["aws_request_id"],
            "name": os.environ["AWS_LAMBDA_FUNCTION_NAME"], "large": do_large(100_000, context)}
"""
