"""As whom edge and control run when root starts the daemon: never as root, and no account need be made for it."""

import grp
import hashlib
import os
import pwd
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from lambent.daemon.failure import StartFailure

ACCOUNT: Final = "lambent"
"""Taken where it exists and no other is named."""
FIRST_OWN, LAST_OWN = 70_000, 99_999
"""Of these an instance takes one: above accounts and systemd's dynamic users, below the ranges of /etc/subuid."""
FIRST_OF_SANDBOXES: Final = 1_879_048_192
"""From here on uids are those of sandboxes, of whichever instance."""
_NOBODY: Final = 65_534


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A line of the host's accounts."""

    name: str
    uid: int
    gid: int


class Accounts(Protocol):
    """The accounts that this host knows."""

    def named(self, name: str) -> Account | None:
        """The account of that name."""
        ...

    def of(self, uid: int) -> Account | None:
        """The account with that uid."""
        ...

    def has_group(self, gid: int) -> bool:
        """Whether a group has that gid."""
        ...


class HostAccounts:
    """As the name service switch of this host has them."""

    def named(self, name: str) -> Account | None:
        """The account of that name."""
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            return None

    def of(self, uid: int) -> Account | None:
        """The account with that uid."""
        try:
            return _account(pwd.getpwuid(uid))
        except KeyError:
            return None

    def has_group(self, gid: int) -> bool:
        """Whether a group has that gid."""
        try:
            grp.getgrgid(gid)
        except KeyError:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonUser:
    """The uid and gid of edge and control."""

    uid: int
    gid: int
    name: str = ""
    """Of the account; empty for a uid that has none."""

    def __str__(self) -> str:
        return f"{self.name} (uid {self.uid})" if self.name else f"uid {self.uid}"


def own_user() -> DaemonUser:
    """Whoever this process is."""
    return DaemonUser(uid=os.geteuid(), gid=os.getegid())


def daemon_user(
    wanted: str, *, seed: str, owner: int, taken: Collection[int], accounts: Accounts
) -> DaemonUser:
    """The account or uid `wanted`; for an empty one the account `lambent`, else a uid without account that is not `taken`.

    The uid `owner`, who has the data directory by now, is kept if it is such a one; otherwise the choice follows from `seed`.
    Raises StartFailure for root, and for whom edge and control can't be.
    """
    if wanted:
        return _named(wanted, accounts)
    account = accounts.named(ACCOUNT)
    if account is not None:
        return _fit(account, wanted=ACCOUNT)
    for uid in _candidates(seed, owner):
        if uid not in taken and accounts.of(uid) is None and not accounts.has_group(uid):
            return DaemonUser(uid=uid, gid=uid)
    raise StartFailure(
        f"Every uid from {FIRST_OWN} to {LAST_OWN} is taken: name an account with --user."
    )


def described(wanted: str, *, accounts: Accounts) -> str:
    """Whom `daemon_user` would choose, as far as that is known without a data directory. Raises StartFailure."""
    if wanted:
        return str(_named(wanted, accounts))
    account = accounts.named(ACCOUNT)
    if account is not None:
        return str(_fit(account, wanted=ACCOUNT))
    return f"a uid of each daemon's own, from {FIRST_OWN} to {LAST_OWN}"


def _named(wanted: str, accounts: Accounts) -> DaemonUser:
    if not wanted.isdecimal():
        account = accounts.named(wanted)
        if account is None:
            raise StartFailure(
                f"There is no account {wanted} on this host: make one (useradd --system {wanted}), "
                "or leave --user out, which needs none."
            )
        return _fit(account, wanted=wanted)
    uid = int(wanted)
    account = accounts.of(uid) or Account(name="", uid=uid, gid=uid)
    return _fit(account, wanted=wanted)


def _fit(account: Account, *, wanted: str) -> DaemonUser:
    if account.uid == 0 or account.gid == 0:
        raise StartFailure(
            f"Edge and control never run as root or in its group, as {wanted} does: name another account with "
            "--user, or leave it out."
        )
    if account.uid == _NOBODY or account.uid >= FIRST_OF_SANDBOXES:
        raise StartFailure(
            f"Edge and control can't run as uid {account.uid}, which others share: name another account with "
            "--user, or leave it out."
        )
    return DaemonUser(uid=account.uid, gid=account.gid, name=account.name)


def _candidates(seed: str, owner: int) -> Iterator[int]:
    if FIRST_OWN <= owner <= LAST_OWN:
        yield owner
    many = LAST_OWN - FIRST_OWN + 1
    first = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    for step in range(many):
        yield FIRST_OWN + (first + step) % many


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
