"""The system calls that a function may make: an allowlist in the shape container engines use; the rest answers EPERM.

Numbers newer than any that this file considered answer ENOSYS, so that a newer libc falls back instead of failing.
Built once by libseccomp, loaded in every sandbox as plain BPF.
"""

import ctypes
import os
import struct
from collections.abc import Iterator
from typing import Final

from lambent.sandbox.spawner import kernel

_ALLOW: Final = 0x7FFF0000
_EPERM: Final = 0x00050001
_ENOSYS: Final = 0x00050026
_EQUAL, _MASKED_EQUAL = 4, 7
_ATTRIBUTE_OPTIMIZE: Final = 8
_BINARY_TREE: Final = 2
_MODE_FILTER: Final = 2

_NEW_NAMESPACES: Final = 0x7E020000
_UNIX, _INET, _INET6, _NETLINK, _NETLINK_ROUTE = 1, 2, 10, 16, 0
_PERSONALITIES: Final = (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)
_TERMINAL_INJECTION: Final = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX

_UNCONDITIONAL: Final = """
accept accept4 access adjtimex alarm arch_prctl bind brk capget capset chdir chmod chown clock_adjtime clock_getres
clock_gettime clock_nanosleep close close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1
epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2
fadvise64 fallocate fchdir fchmod fchmodat fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fork fremovexattr
fsetxattr fstat fstatfs fsync ftruncate futex futex_waitv futimesat getcpu getcwd getdents getdents64 getegid geteuid
getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid getrlimit
get_robust_list getrusage getsid getsockname getsockopt get_thread_area gettid gettimeofday getuid getxattr
inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents ioprio_get
ioprio_set io_setup io_submit kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lgetxattr link
linkat listen listxattr llistxattr lremovexattr lseek lsetxattr lstat madvise membarrier memfd_create mincore mkdir
mkdirat mknod mknodat mlock mlock2 mlockall mmap mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend
mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall munmap nanosleep newfstatat open openat openat2
pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll prctl pread64 preadv preadv2
prlimit64 pselect6 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recvfrom recvmmsg recvmsg
remap_file_pages removexattr rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending
rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_getaffinity
sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval
sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop
semtimedop sendfile sendmmsg sendmsg sendto setfsgid setfsuid setgid setgroups setitimer setpgid setpriority setregid
setresgid setresuid setreuid setrlimit set_robust_list setsid setsockopt set_thread_area set_tid_address setuid setxattr
shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 splice stat statfs statx symlink symlinkat sync
sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_settime
timerfd_create timerfd_gettime timerfd_settime times tkill truncate umask uname unlink unlinkat utime utimensat utimes
vfork vmsplice wait4 waitid write writev
"""
_NEWER: Final = {
    "cachestat": 451,
    "fchmodat2": 452,
    "futex_wake": 454,
    "futex_wait": 455,
    "futex_requeue": 456,
    "mseal": 462,
    "setxattrat": 463,
    "getxattrat": 464,
    "listxattrat": 465,
    "removexattrat": 466,
}
"""Harmless calls younger than the libseccomp of some hosts; from 424 on, numbers are the same on every architecture."""
_NEWEST_CONSIDERED: Final = 469


class FilterUnavailable(Exception):
    """The filter can't be built here; the text says what is missing."""


class _Comparison(ctypes.Structure):
    _fields_ = [
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


class _Builder:
    """One libseccomp context: rules in, a program out."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libseccomp.so.2")
        except OSError as error:
            raise FilterUnavailable(
                "libseccomp.so.2 is missing (Debian: apt install libseccomp2)"
            ) from error
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._library.seccomp_rule_add_array.argtypes = [
            *(ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint),
            ctypes.POINTER(_Comparison),
        ]
        self._context = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(_EPERM)))
        self._library.seccomp_attr_set(self._context, _ATTRIBUTE_OPTIMIZE, _BINARY_TREE)

    def add(self, call: str | int, *when: _Comparison, action: int = _ALLOW) -> None:
        """Answer `call` with `action` where every comparison holds; a call that this host does not know is left out."""
        number = (
            call
            if isinstance(call, int)
            else self._library.seccomp_syscall_resolve_name(call.encode())
        )
        if number < 0:
            return
        comparisons = (_Comparison * len(when))(*when)
        failed = self._library.seccomp_rule_add_array(
            self._context, action, number, len(when), comparisons
        )
        if failed:
            raise FilterUnavailable(
                f"libseccomp refused the rule for {call}: {os.strerror(-failed)}"
            )

    def program(self) -> bytes:
        """Export what was added and let the context go."""
        file = os.memfd_create("seccomp")
        try:
            if self._library.seccomp_export_bpf(self._context, file):
                raise FilterUnavailable("libseccomp could not export the filter")
            return os.pread(file, os.fstat(file).st_size, 0)
        finally:
            os.close(file)
            self._library.seccomp_release(self._context)


def build() -> bytes:
    """Compile the allowlist for this host's architecture. Raises FilterUnavailable."""
    builder = _Builder()
    for name in _UNCONDITIONAL.split():
        builder.add(name)
    for number in _NEWER.values():
        builder.add(number)
    # clone3 takes its flags by pointer, out of a filter's sight: libc falls back to clone when it is not there.
    builder.add("clone3", action=_ENOSYS)
    builder.add("clone", _Comparison(0, _MASKED_EQUAL, _NEW_NAMESPACES, 0))
    for family in (_UNIX, _INET, _INET6):
        builder.add("socket", _Comparison(0, _EQUAL, family, 0))
    builder.add(
        "socket", _Comparison(0, _EQUAL, _NETLINK, 0), _Comparison(2, _EQUAL, _NETLINK_ROUTE, 0)
    )
    builder.add("socketpair", _Comparison(0, _EQUAL, _UNIX, 0))
    for personality in _PERSONALITIES:
        builder.add("personality", _Comparison(0, _EQUAL, personality, 0))
    for mask, value in unequal_to_both(*_TERMINAL_INJECTION):
        builder.add("ioctl", _Comparison(1, _MASKED_EQUAL, mask, value))
    return _newer_than_considered() + builder.program()


def unequal_to_both(first: int, second: int) -> Iterator[tuple[int, int]]:
    """Yield (mask, value) pairs: the low 32 bits of a number fit one of them just when they are neither of the two.

    The kernel looks at 32 bits only, so a plain "not equal" over 64 is passed by setting a higher one; and what a filter can
    mask it can only compare for equality.
    """
    differing = first ^ second
    for bit in (1 << n for n in range(32)):
        if not differing & bit:
            yield bit, ~first & bit
    value = differing
    while True:
        if value not in (first & differing, second & differing):
            yield differing, value
        if value == 0:
            return
        value = (value - 1) & differing


def _newer_than_considered() -> bytes:
    """BPF in front of the allowlist: load the number; above what was considered, answer ENOSYS."""
    load, jump_if_greater, answer = 0x20, 0x25, 0x06
    return (
        struct.pack("<HBBI", load, 0, 0, 0)
        + struct.pack("<HBBI", jump_if_greater, 0, 1, _NEWEST_CONSIDERED)
        + struct.pack("<HBBI", answer, 0, 0, _ENOSYS)
    )


def load(program: bytes) -> None:
    """Put the calling process and all its children under `program`, for good; needs no_new_privs."""
    buffer = ctypes.create_string_buffer(program, len(program))
    head = _Program(len(program) // 8, ctypes.addressof(buffer))
    kernel.prctl(kernel.PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(head))
