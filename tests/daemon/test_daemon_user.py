"""Whom edge and control run as, among accounts that are made up."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.daemon.daemon_user import (
    FIRST_OF_SANDBOXES,
    FIRST_OWN,
    LAST_OWN,
    Account,
    DaemonUser,
    HostAccounts,
    daemon_user,
    described,
)
from lambent.daemon.failure import StartFailure

ROOT = Account(name="root", uid=0, gid=0)


@dataclass
class MadeUp:
    """A host's accounts."""

    accounts: tuple[Account, ...] = (ROOT,)
    groups: set[int] = field(default_factory=set)

    def named(self, name: str) -> Account | None:
        return next((each for each in self.accounts if each.name == name), None)

    def of(self, uid: int) -> Account | None:
        return next((each for each in self.accounts if each.uid == uid), None)

    def has_group(self, gid: int) -> bool:
        return gid in self.groups


def chosen(
    wanted: str = "",
    *,
    accounts: MadeUp | None = None,
    owner: int = 0,
    taken: frozenset[int] = frozenset(),
    seed: str = "/var/lib/lambent",
) -> DaemonUser:
    return daemon_user(wanted, seed=seed, owner=owner, taken=taken, accounts=accounts or MadeUp())


def test_without_an_account_it_is_a_uid_that_the_data_directory_gives() -> None:
    user = chosen()
    assert FIRST_OWN <= user.uid == user.gid <= LAST_OWN
    assert user == chosen() != chosen(seed="/srv/other")
    assert str(user) == f"uid {user.uid}"


def test_the_account_of_that_name_is_taken_where_there_is_one() -> None:
    accounts = MadeUp((ROOT, Account(name="lambent", uid=990, gid=980)))
    user = chosen(accounts=accounts)
    assert (user.uid, user.gid, str(user)) == (990, 980, "lambent (uid 990)")
    assert described("", accounts=accounts) == "lambent (uid 990)"


def test_another_can_be_named_by_name_or_uid() -> None:
    accounts = MadeUp((ROOT, Account(name="bob", uid=1000, gid=100)))
    assert chosen("bob", accounts=accounts) == chosen("1000", accounts=accounts)
    assert chosen("1000", accounts=accounts).gid == 100
    assert chosen("4321", accounts=accounts) == DaemonUser(uid=4321, gid=4321)


@pytest.mark.parametrize("wanted", ["root", "0", "00", "toor", "wheel"])
def test_it_is_never_root(wanted: str) -> None:
    toor, wheel = Account(name="toor", uid=0, gid=5), Account(name="wheel", uid=7, gid=0)
    with pytest.raises(StartFailure, match="never run as root or in its group"):
        chosen(wanted, accounts=MadeUp((ROOT, toor, wheel)))


@pytest.mark.parametrize("wanted", ["65534", str(FIRST_OF_SANDBOXES), "4294967295", "9999999999"])
def test_it_is_nobody_and_no_sandbox_either(wanted: str) -> None:
    with pytest.raises(StartFailure, match="which others share"):
        chosen(wanted)


def test_an_unknown_name_is_refused_with_a_remedy() -> None:
    with pytest.raises(StartFailure, match=r"There is no account alice .*useradd"):
        chosen("alice")
    with pytest.raises(StartFailure, match="There is no account alice"):
        described("alice", accounts=MadeUp())


@given(st.sets(st.integers(FIRST_OWN, FIRST_OWN + 5)), st.text())
def test_no_two_daemons_and_no_account_share_one(used: set[int], seed: str) -> None:
    accounts = MadeUp((ROOT, Account(name="x", uid=FIRST_OWN + 6, gid=1)), {FIRST_OWN + 7})
    one = chosen(seed=seed, taken=frozenset(used), accounts=accounts)
    other = chosen(seed=seed, taken=frozenset({*used, one.uid}), accounts=accounts)
    assert len({one.uid, other.uid, FIRST_OWN + 6, FIRST_OWN + 7} | used) == 4 + len(used)


def test_who_has_the_data_directory_keeps_it_unless_somebody_else_is_that_one_now() -> None:
    assert chosen(owner=FIRST_OWN + 9).uid == FIRST_OWN + 9
    assert chosen(owner=FIRST_OWN + 9, taken=frozenset({FIRST_OWN + 9})).uid != FIRST_OWN + 9
    account = MadeUp((ROOT, Account(name="new", uid=FIRST_OWN + 9, gid=1)))
    assert chosen(owner=FIRST_OWN + 9, accounts=account).uid != FIRST_OWN + 9
    assert chosen(owner=1000).uid >= FIRST_OWN


def test_every_uid_taken_is_told() -> None:
    with pytest.raises(StartFailure, match="name an account with --user"):
        chosen(taken=frozenset(range(FIRST_OWN, LAST_OWN + 1)))


def test_this_hosts_accounts() -> None:
    accounts = HostAccounts()
    assert accounts.named("root") == accounts.of(0) == ROOT
    assert accounts.has_group(0)
    assert accounts.named("no such account") is None
    assert accounts.of(FIRST_OWN + 1) is None
    assert not accounts.has_group(FIRST_OWN + 1)
