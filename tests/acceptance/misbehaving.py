"""A function that takes what it can get, in the way that its event names."""

MARK = "86399.75"
"""Seconds that nobody else sleeps: what is left of a function is found by it on the host's list of processes."""

HANDLER = (
    """
import json, os, resource, signal, subprocess, sys, threading, time

def forks(seconds):
    while True:
        try: os.fork()
        except OSError: pass

def descendants(seconds):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stubborn = 'trap "" TERM HUP INT; (setsid sleep ' + MARK + ' &); while :; do sleep 1; done'
    for _ in range(3): subprocess.Popen(['sh', '-c', stubborn], start_new_session=True)
    time.sleep(seconds)

def daemons(seconds):
    for _ in range(5):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for number in range(1, 32):
                    try: signal.signal(number, signal.SIG_IGN)
                    except OSError: pass
                os.closerange(0, 1024)
                os.execv('/usr/bin/sleep', ['sleep', MARK])
            os._exit(0)
    time.sleep(seconds)

def stopped(seconds):
    child = subprocess.Popen(['sleep', MARK])
    os.kill(child.pid, signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)

def answered(seconds):
    subprocess.Popen(['sleep', MARK], start_new_session=True)
    os._exit(1)

def descriptors(seconds):
    os.closerange(0, 1024)
    time.sleep(seconds)

def hog(_):
    taken = []
    while True: taken.append(b'x' * (1 << 20))

def memory(_):
    hog(_)

def memory_of_a_child(seconds):
    if os.fork() == 0: hog(0)
    time.sleep(seconds)

def memory_of_children(seconds):
    for _ in range(3):
        if os.fork() == 0: hog(0)
    while True:
        try: os.wait()
        except ChildProcessError: return 'went on without them'

def memory_in_a_grandchild(seconds):
    subprocess.Popen(['sh', '-c', 'setsid tail /dev/zero & wait'])  # no newline ever comes: it keeps all that it reads
    time.sleep(seconds)

def files(_):
    held = []
    try:
        while True: held.append(os.open('/dev/null', os.O_RDONLY))
    except OSError as error: return [error.errno, max(held)]
    finally:
        for one in held: os.close(one)

def threads(_):
    over, held = threading.Event(), []
    try:
        while True:
            thread = threading.Thread(target=over.wait)
            thread.start()
            held.append(thread)
    except RuntimeError: return 1000 < len(held) <= 1024
    finally:
        over.set()
        for thread in held: thread.join()

def processes(_):
    held = []
    try:
        while True: held.append(os.posix_spawn('/usr/bin/sleep', ['sleep', MARK], {}))
    except OSError as error: return [error.errno, 1000 < len(held) <= 1024]
    finally:
        for pid in held: os.kill(pid, signal.SIGKILL)
        for pid in held: os.waitpid(pid, 0)

def storage(_):
    try:
        with open('/tmp/all', 'wb', buffering=0) as file:
            while True: file.write(bytes(1 << 20))
    except OSError as error: return [error.errno, os.path.getsize('/tmp/all') >> 20 > 400]
    finally: os.remove('/tmp/all')

def init(_):
    said = []
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP):
        try: os.kill(1, number)
        except OSError as error: said.append(error.errno)
    return said

def burn(seconds):
    # Of the time that passed, how much of a core did this process and its children have?
    def spent(): return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    began, before = time.monotonic(), spent()
    children = []
    for _ in range(2):
        pid = os.fork()
        if pid == 0:
            while time.monotonic() < began + seconds: pass
            os._exit(0)
        children.append(pid)
    while time.monotonic() < began + seconds: pass
    for pid in children: os.waitpid(pid, 0)
    return (spent() - before) / (time.monotonic() - began)

def flood(_):
    while True: os.write(1, b'x' * 99 + b'\\n')

def large(_):
    return 'x' * 20_000_000

def handler(event, context):
    if not event: return 'well'
    return globals()[event['do']](event.get('seconds', 100))
"""
    f"MARK = '{MARK}'\n"
)
