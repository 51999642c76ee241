"""The program `nft`: the only way to the kernel's packet filter that does not write its byte code by hand."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_SECONDS: Final = 10.0
_SYSTEM_FOLDERS: Final = "/usr/sbin:/sbin"
_QUOTED: Final = re.compile(r'"([^"]+)"')
_TABLE: Final = re.compile(r"table (\S+) (\S+) \{")
_CHAIN: Final = re.compile(r"chain (\S+) \{")
_FORWARD_HOOK: Final = re.compile(r"type filter hook forward .*policy (\w+);")


class NftFailure(Exception):
    """nft is missing, or refused; the text has its first words."""


class NotThere(NftFailure):
    """What was asked about is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardChain:
    """A chain that every forwarded packet passes."""

    table: str
    """Family and name."""
    name: str
    drops: bool
    """What it does not accept is dropped or refused."""


def find() -> str | None:
    """Where nft is; Debian keeps it in a folder that an ordinary PATH lacks."""
    return shutil.which("nft") or shutil.which("nft", path=_SYSTEM_FOLDERS)


class Loading:
    """nft at work in the network namespace that it was started in, beside what its starter does; `finish` it."""

    def __init__(self, rules: str) -> None:
        """Begin to have rules taken, all or none. Raises NftFailure."""
        program = find()
        if program is None:
            raise NftFailure("nft is not installed")
        given = os.memfd_create("rules")
        try:
            os.write(given, rules.encode())
            os.lseek(given, 0, os.SEEK_SET)
            self._process = subprocess.Popen(
                [program, "-f", "-"],
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        except OSError as error:
            raise NftFailure(f"nft: {error}") from error
        finally:
            os.close(given)

    def finish(self) -> None:
        """Wait until they are taken. Raises NftFailure."""
        try:
            _, said = self._process.communicate(timeout=_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            self.abandon()
            raise NftFailure(f"nft: {error}") from error
        _check(self._process.returncode, said)

    def abandon(self) -> None:
        """End it, whatever it has done."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def load(rules: str) -> None:
    """Have rules taken, all or none. Raises NftFailure."""
    Loading(rules).finish()


def tables() -> Sequence[tuple[str, str]]:
    """Family and name of every table. Raises NftFailure."""
    lines = [line.split() for line in _run(("list", "tables")).splitlines()]
    return [(words[1], words[2]) for words in lines if len(words) == 3]


def elements(family: str, table: str, of: str) -> frozenset[str]:
    """What a set of names holds. Raises NftFailure; NotThere."""
    said = _run(("list", "set", family, table, of))
    return frozenset(_QUOTED.findall(said.partition("elements")[2]))


def rule_handles(family: str, table: str, chain: str, *, naming: str) -> Sequence[int]:
    """The handles of a chain's rules that name a link. Raises NftFailure."""
    lines = _run(("-a", "list", "chain", family, table, chain)).splitlines()
    return [int(line.split()[-1]) for line in lines if f'"{naming}"' in line and "handle" in line]


def forward_chains() -> Sequence[ForwardChain]:
    """Every chain at the forward hook, of all tables. Raises NftFailure."""
    return parse_forward_chains(_run(("-t", "list", "ruleset")))


def parse_forward_chains(ruleset: str) -> Sequence[ForwardChain]:
    """As `forward_chains`, of a ruleset that nft has listed."""
    found: list[ForwardChain] = []
    table = chain = ""
    drops: bool | None = None
    last = ""
    for line in map(str.strip, ruleset.splitlines()):
        if named := _TABLE.match(line):
            table = f"{named[1]} {named[2]}"
        elif named := _CHAIN.match(line):
            chain, drops, last = named[1], None, ""
        elif policy := _FORWARD_HOOK.match(line):
            drops = policy[1] == "drop"
        elif line == "}" and drops is not None:
            drops = drops or last.startswith(("drop", "reject"))
            found.append(ForwardChain(table=table, name=chain, drops=drops))
            drops = None
        else:
            last = re.sub(r"^counter( packets \d+ bytes \d+)? ", "", line)
    return found


def _run(arguments: Sequence[str]) -> str:
    program = find()
    if program is None:
        raise NftFailure("nft is not installed")
    try:
        done = subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NftFailure(f"nft: {error}") from error
    _check(done.returncode, done.stderr)
    return done.stdout


def _check(status: int, said: str) -> None:
    if status:
        words = said.strip().splitlines() or [f"status {status}"]
        kind = NotThere if "No such file or directory" in words[0] else NftFailure
        raise kind(f"nft: {words[0]}")
