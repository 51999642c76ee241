"""What functions may reach, as nftables rulesets: the router's, which knows the sandboxes, and the host's, which knows itself.

Each rule that keeps something out has a comment that names it; the tests take them away one at a time.
"""

import hashlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

GATEWAY: Final = ipaddress.IPv4Address("169.254.101.1")
"""The router as sandboxes see it; it answers look-ups of names there, and nothing else."""
UPLINK: Final = "up"
"""The router's link to the host, as the router calls it; the links to sandboxes begin with `c`."""
GUARDED: Final = "guarded"
"""The host's set of links that forward for lambent's sake alone."""
FLOWS_A_SANDBOX: Final = 1024
FLOWS_IN_ALL: Final = 32_768
"""Of an instance at once: what the kernel remembers of connections is the whole host's."""
_LONGEST_LINK: Final = 15
_TABLE: Final = "lambent-"
_LINK, _PROBE_LINK = "lb-", "lp-"

_REFUSE: Final = """
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmpx type admin-prohibited
  }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """The link between host and router of one instance."""

    instance: str
    host: ipaddress.IPv4Address
    router: ipaddress.IPv4Address

    @property
    def link(self) -> str:
        """What the host calls it."""
        return link_name(self.instance)

    @property
    def table(self) -> str:
        """The host's table of rules for it."""
        return table_name(self.instance)


def link_name(instance: str) -> str:
    """The name of an instance's link on the host, which the kernel lets have 15 characters."""
    if len(_LINK + instance) > _LONGEST_LINK:
        digits = _LONGEST_LINK - len(_LINK)
        instance = hashlib.sha256(instance.encode()).hexdigest()[:digits]
    return _LINK + instance


def probe_link_name(tag: str) -> str:
    """The name of a link by which it is tried out whether the host forwards."""
    return _PROBE_LINK + tag


def is_link_name(name: str) -> bool:
    """Whether a link of the host's is of one of lambent's instances."""
    return name.startswith((_LINK, _PROBE_LINK))


def table_name(instance: str) -> str:
    """The name of an instance's table on the host."""
    return _TABLE + instance


def is_table_name(name: str) -> bool:
    """Whether the table is of one of lambent's instances."""
    return name.startswith(_TABLE)


def router_rules() -> str:
    """Sandboxes: no neighbour, no link-local or metadata address, no mail, no false sender; out only, TCP and UDP only.

    That a sandbox is sent answers only, and by whom it asked, is the `established` of the first line and the policy.
    """
    return f"""table inet lambent {{
  set flows {{
    type ipv4_addr
    size 65535
    flags dynamic
  }}
  set all_flows {{
    type iface_index
    size 16
    flags dynamic
  }}
{_REFUSE}
  chain arrival {{
    type filter hook prerouting priority mangle; policy accept;
    iifname "c*" fib saddr . iif oif missing drop comment "false senders"
  }}
  chain to_router {{
    type filter hook input priority filter; policy drop;
    iifname "c*" ip daddr {GATEWAY} udp dport 53 accept
    iifname "c*" ip daddr {GATEWAY} tcp dport 53 accept
    ct state established,related accept
    iifname "c*" jump refuse
  }}
  chain through {{
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iifname "c*" oifname "c*" jump refuse comment "neighbours"
    iifname "c*" ip daddr 169.254.0.0/16 jump refuse comment "link-local"
    iifname "c*" ip daddr {{ 100.100.100.200, 168.63.129.16, 192.0.0.192 }} jump refuse comment "metadata"
    iifname "c*" ip daddr {{ 0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/4, 240.0.0.0/4 }} jump refuse comment "nobody"
    iifname "c*" tcp dport 25 jump refuse comment "mail"
    iifname "c*" add @flows {{ ip saddr ct count over {FLOWS_A_SANDBOX} }} jump refuse comment "flows"
    iifname "c*" add @all_flows {{ oif ct count over {FLOWS_IN_ALL} }} jump refuse comment "all flows"
    iifname "c*" oifname "{UPLINK}" ip protocol {{ tcp, udp }} accept
    iifname "c*" jump refuse
  }}
  chain departure {{
    type nat hook postrouting priority srcnat; policy accept;
    oifname "{UPLINK}" masquerade
  }}
}}
"""


def quoted(names: Iterable[str]) -> str:
    """Names as nft reads a list of them."""
    return ", ".join(f'"{name}"' for name in sorted(names))


def host_rules(uplink: Uplink, *, guarded: Iterable[str] = ()) -> str:
    """The host: none of its own addresses, also those that it is given later; nothing in. Whatever is not ours passes by.

    Its addresses are looked at before anybody's translation of destinations and again after it. `guarded` holds the
    links that forward for lambent's sake alone: what arrives there from elsewhere is not forwarded, as it was before.
    """
    link, links = uplink.link, quoted(guarded)
    elements = f"elements = {{ {links} }}" if links else ""
    return f"""table inet {uplink.table}
delete table inet {uplink.table}
table inet {uplink.table} {{
  set {GUARDED} {{
    type ifname
    {elements}
  }}
{_REFUSE}
  chain arrival {{
    type filter hook prerouting priority mangle; policy accept;
    iifname "{link}" ip saddr != {uplink.router} drop comment "false senders"
    iifname "{link}" meta nfproto ipv6 drop comment "ipv6"
    iifname "{link}" fib daddr type != unicast jump refuse comment "own addresses"
  }}
  chain to_host {{
    type filter hook input priority filter; policy accept;
    iifname "{link}" jump refuse comment "translated to own addresses"
  }}
  chain through {{
    type filter hook forward priority filter; policy accept;
    iifname "{link}" tcp flags syn tcp option maxseg size set rt mtu
    oifname "{link}" ct state established,related accept
    oifname "{link}" drop comment "inbound"
    iifname "{link}" accept
    iifname @{GUARDED} ct state new drop comment "guarded"
  }}
  chain departure {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {uplink.router} oifname != "{link}" masquerade
  }}
}}
"""
