"""docs/effects.md, made of the same tables by which requests are refused."""

from collections.abc import Sequence
from typing import Final

from lambent.daemon.operations import inputs
from lambent.services.effects import Fate, Member
from lambent.wire.models import Models

_HEAD: Final = """\
# What becomes of each input

Made from the code by `./lambent renew`; a test fails when it is not what the code says. `lambent operations SERVICE
OPERATION` shows the same of a running daemon.

Every input member of an operation that is built is one of these:

- **effective**: it does what AWS says;
- **refused**: a value that asks for something is answered with an error that names the member, never taken in silence. What
  AWS does anyway when the member is left out (its default, an empty list) may be given;
- **without effect**: it is taken and changes nothing, for the reason given.

A member stands for all that lies in it. An operation that is not named here is not built and answers 501.
"""


def effects_document(models: Models) -> str:
    """The document's text."""
    parts = [_HEAD]
    for service, operations in sorted(inputs(models).items()):
        parts.append(f"\n## {service}\n")
        for operation, members in sorted(operations.items()):
            parts.append(f"\n### {operation}\n\n{_table(members)}")
    return "".join(parts)


def _table(members: Sequence[Member]) -> str:
    if not members:
        return "It has no input.\n"
    effective = ", ".join(f"`{m.path}`" for m in members if m.fate is Fate.EFFECTIVE)
    others = [m for m in members if m.fate is not Fate.EFFECTIVE]
    table = f"Effective: {effective}\n"
    if others:
        table += "\n| member | | in words |\n|---|---|---|\n"
        table += "".join(f"| `{m.path}` | {m.fate} | {_note(m)} |\n" for m in others)
    return table


def _note(member: Member) -> str:
    return member.note.replace("{value}", "…").replace("|", r"\|")
