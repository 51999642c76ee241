"""Gives a sandbox that waits for its function what that function has and it has not: a /tmp of another size."""

import os

from lambent.sandbox.spawner.askers import Answer, Asker
from lambent.sandbox.spawner.lives import Lives, Refused
from lambent.sandbox.spawner.maker import MakesVolumes, ProvidesFormats
from lambent.sandbox.spawner.namespaces import Binder
from lambent.sandbox.spawner.orders import Store
from lambent.sandbox.spawner.storage import FormatFailure, Template


class Refit:
    """Answers orders to store."""

    def __init__(
        self, *, lives: Lives, formats: ProvidesFormats, volumes: MakesVolumes, binder: Binder
    ) -> None:
        self._lives, self._formats = lives, formats
        self._volumes, self._binder = volumes, binder

    def store(self, order: Store, asker: Asker, answer: Answer) -> None:
        """Show an empty /tmp of the order's size instead of the one that is there; answered when it is done."""
        self._lives.standing(order.name, asker)

        def provided(template: Template | FormatFailure) -> None:
            if isinstance(template, FormatFailure):
                answer.failed(f"no /tmp: {template}")
                return
            try:
                self._replace(order.name, template, asker)
            except (Refused, OSError) as error:
                answer.failed(str(error))
            else:
                answer.done({})

        self._formats.provide(order.ephemeral_storage_mb, provided)

    def _replace(self, name: str, template: Template, asker: Asker) -> None:
        # It may have ended while its template was made.
        life, pidfd = self._lives.standing(name, asker)
        volume = self._volumes.make(template, owner=life.base)
        try:
            self._binder.replace_storage(volume.tree, pidfd=pidfd)
        except BaseException:
            if volume.directory is not None:
                os.close(volume.directory)
            raise
        finally:
            os.close(volume.tree)
        self._lives.store(life, volume.directory)
