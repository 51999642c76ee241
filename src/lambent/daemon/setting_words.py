"""What each setting is for, in words: docs/configuration.md is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a person is told of a setting."""

    meaning: str
    without: str
    """What goes wrong, or is not to be had, while it is left at its default."""


WORDS: Final[Mapping[str, Words]] = {
    "bind": Words(
        meaning="The IP address that is listened on; `0.0.0.0` and `::` stand for all of this host. An address that other hosts reach "
        "also needs `allow_open_bind`.",
        without="Only programs on this host can call.",
    ),
    "port": Words(
        meaning="The port for everything: AWS's API, health, links to code. 0 takes a free one, which the banner and `lambent status` tell.",
        without="A second daemon on this host finds the port taken and does not start.",
    ),
    "region": Words(
        meaning="The region of requests that are not signed; a signed one is for the region in its signature.",
        without="Unsigned requests look for functions in us-east-1, and those of another region are not found.",
    ),
    "data_dir": Words(
        meaning="Where functions, packages, logs and keys are kept; made if need be, and used by one daemon at a time.",
        without="Every daemon of this host wants the same directory and only the first one starts; what tests make stays among the rest.",
    ),
    "isolation": Words(
        meaning="How functions are kept from the host and from one another. `direct`: namespaces, cgroups and system call filters, "
        "made by root. `bubblewrap`: the same without root and without cgroups; `lambent doctor` lists what it lacks. `process`: "
        "not at all, which every start says. `auto` is the best that this user can have, and never `process`.",
        without="Root gets `direct`, an ordinary user `bubblewrap`; where neither can be had, the daemon does not start.",
    ),
    "user": Words(
        meaning="The account, by name or uid, that answers requests: edge, control and the name server of functions run as it, never as "
        "root, and everything in the data directory becomes its. Empty: the account `lambent` if this host has one, else a uid from "
        "70000 to 99999 without an account, which is the daemon's own and stays with the data directory.",
        without="Another program of yours can't be given access to the data directory by its group, as there is no account to name.",
    ),
    "allow_open_bind": Words(
        meaning="Whether `bind` may be an address that other hosts reach. Whoever reaches it can then run code here without a password.",
        without="A `bind` that is not a loopback address is refused at the start.",
    ),
    "log_level": Words(
        meaning="The least level of the daemon's own lines that are logged; what functions write is not meant.",
        without="What would explain a strange case is not in the log: debug says more.",
    ),
    "log_to_file": Words(
        meaning="Whether the daemon's own log goes to `DATA/log/lambent.log`, five files of about 10 MB, rather than to stderr. "
        "`--detach` sets it.",
        without="The log ends with the terminal, unless systemd or a container keeps stderr.",
    ),
    "allow_reset": Words(
        meaning="Whether `lambent reset` and `POST /_lambent/reset` may delete all functions, logs and packages.",
        without="They answer 403, and a test run that wants to begin with nothing needs a new data directory.",
    ),
    "drain_seconds": Words(
        meaning="How long running invocations may go on after SIGTERM, Ctrl-C or `lambent down`.",
        without="Invocations that take longer are cut off when the daemon stops.",
    ),
    "allowed_origins": Words(
        meaning="The origins whose web pages may call, in full; a lone `*` is any. A list takes the place of the default: pages of this "
        "machine, on any port.",
        without="Pages of other origins get 403.",
    ),
    "allowed_hosts": Words(
        meaning="Names, with all below them, that may stand in a request's `Host` besides IP addresses, names without a dot, "
        "`localhost`, `internal`, `test` and AWS's own: a guard against web pages whose name was made to point here.",
        without="Requests to such a name get 403.",
    ),
    "log_max_bytes": Words(
        meaning="What the log events of all functions together may take on disk; the oldest go first.",
        without="A small disk is filled before the default is reached, or lines go sooner than you would like on a large one.",
    ),
    "concurrent_executions": Words(
        meaning="How many invocations may run at once in one account and region.",
        without="A small host takes on more than it can do: nothing is throttled with 429 before 1,000 run at once.",
    ),
    "key_command": Words(
        meaning="A command for the shell that prints 32 to 4,096 bytes, with which the key of packages and unpacked code is locked in "
        "`DATA/keys/data`; see [security](security.md). It can be changed later only for one that prints the same.",
        without="The key lies in `DATA/keys/data` (0600): whoever gets a copy of the data directory with it can read functions' code.",
    ),
    "idle_seconds": Words(
        meaning="How long an execution environment is kept without an invocation.",
        without="Environments hold their memory for ten minutes after the last call, and a call after that is a cold start.",
    ),
    "cells": Words(
        meaning="How many environments without a function wait for each runtime at most, so that a cold start finds its interpreter up: "
        "two of each runtime that was used in the last ten minutes, and as many more as a burst in the last minute took. Without a "
        "number eight for each processor; 0 has none.",
        without="Up to some 10 MB each are held by environments that wait; with 0 every cold start takes as long as its interpreter does.",
    ),
    "runtimes_sdk": Words(
        meaning="Whether AWS's SDKs are fetched for functions, from PyPI and npm, with the first function of a runtime that names them.",
        without="With `false`, functions that bring no SDK of their own cannot import one; with the default a host without network "
        "tries in vain.",
    ),
    "runtimes_deprecation": Words(
        meaning="What comes of functions whose runtime AWS takes no more. `warn`: they are taken, the log says since when AWS does not, "
        "and they run where the interpreter is found. `enforce`: creating or updating one is refused from the day on which AWS refuses it.",
        without="What is deployed here may be refused by AWS; the log tells.",
    ),
    "code_s3_endpoint": Words(
        meaning="Where packages are fetched from that CreateFunction, UpdateFunctionCode and the like name by S3Bucket and S3Key: anything "
        "that speaks S3, asked path-style. Requests are signed with the daemon's own `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` "
        "and `AWS_SESSION_TOKEN`, for the function's region; without them they are not signed.",
        without="Such a request is refused, and the package has to be in it, as ZipFile, of 50 MB at most.",
    ),
    "network_policy": Words(
        meaning="`nat`: functions reach other hosts by TCP and UDP and look up names ([how](network.md)). `none`: they reach lambent alone. "
        "`nat` said by name ends the start where the host can't give it.",
        without="It is `nat` where the host can give it; else `none`, and banner, `lambent status` and log tell why.",
    ),
    "network_docker_user": Words(
        meaning="Whether lambent adds two rules for its own link to `DOCKER-USER`, the chain that Docker leaves to the owner of the host, and "
        "takes them away at its end.",
        without="Where Docker has the host drop what is forwarded, functions have no outbound network.",
    ),
    "network_name_servers": Words(
        meaning="Who is asked when functions look up names. Of the host's own name servers, which are those of `/etc/resolv.conf` or, behind "
        "systemd's stub, of `/run/systemd/resolve/resolv.conf`, none is asked then.",
        without="Functions can look up every name that the host's name servers tell it, those of a company's own zones included.",
    ),
}
"""By the setting's field."""
