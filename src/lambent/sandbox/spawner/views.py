"""Shows directories of the host in a sandbox without saying where they lie: /proc/self/mountinfo names the way to a mount's root.

A view is a file system of its own (overlay, read-only) whose root is the directory. Where the kernel has none, or can't put one
over a directory, the directory itself is mounted, and its path on its file system can be read inside.
"""

import os
import sys
from pathlib import Path
from typing import Final

from lambent.sandbox.spawner import kernel
from lambent.sandbox.spawner.sight import Sight

CLOSED: Final = kernel.READ_ONLY | kernel.NO_SETUID | kernel.NO_DEVICES

_ROOTS: Final = Sight(uid=0, gid=0)
"""What the spawner itself has shown."""
_LAYER, _NOTHING = "layer", "nothing"
"""Directories in the working directory. What an overlay consists of is shown inside as it was named when it was made."""
_OPTIONS: Final = (("source", "lambent"), ("lowerdir", f"{_LAYER}:{_NOTHING}"))


class Views:
    """Makes views; `desk` is the caller's working directory, in mounts of its own."""

    def __init__(self, *, desk: Path) -> None:
        for name in (_LAYER, _NOTHING):
            (desk / name).mkdir()
        self._complained = False

    def show(self, source: Path, target: Path, *, sight: Sight = _ROOTS) -> None:
        """Show the directory `source` read-only at `target`, if who asks for it may see it. Raises OSError."""
        shown = self.open(source, sight=sight)
        try:
            kernel.move_mount(shown, str(target))
        finally:
            os.close(shown)

    def open(self, source: Path, *, sight: Sight) -> int:
        """Return a detached mount that shows the directory `source` read-only, if who asks for it may see it; the caller's.

        Raises OSError.
        """
        layer = _closed(source, sight)
        try:
            return self._view(layer)
        except OSError as error:
            self._complain(error)
            return _closed(source, sight)

    def _view(self, layer: int) -> int:
        try:
            kernel.move_mount(layer, _LAYER)
        finally:
            os.close(layer)
        try:
            return kernel.mount_detached("overlay", options=_OPTIONS, attributes=CLOSED)
        finally:
            kernel.unmount(_LAYER)

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            self._complained = True
            sys.stderr.write(
                f"lambent-spawner: sandboxes can read where on the host their files lie: {error}\n"
            )


def _closed(source: Path, sight: Sight) -> int:
    tree = sight.tree(source)
    kernel.set_tree_attributes(tree, CLOSED)
    return tree


class Library:
    """A directory that is shown while it may still be filled."""

    def __init__(self, *, source: Path, target: Path) -> None:
        self._source, self._target = source, target
        self._seen = _changed_at(source)

    def refresh(self) -> None:
        """Have what came into it since seen by whoever looked for it in vain: a view remembers what was not there."""
        now = _changed_at(self._source)
        if now != self._seen:
            kernel.forget_names(str(self._target))
            self._seen = now


def _changed_at(directory: Path) -> int:
    try:
        return os.stat(directory).st_mtime_ns  # noqa: PTH116 - in every cold start
    except OSError:  # it was taken away: nothing comes into it any more
        return 0
