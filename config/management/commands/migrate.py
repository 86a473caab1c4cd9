"""Django's migrate, and then the functions of the database."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from annotation.models.functions import functions_install
from config.functions import FUNCTIONS


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        # A move to one migration of one app may leave tables that no function fits.
        if options["app_label"] or options["plan"] or options["check_unapplied"]:
            return
        names = functions_install(FUNCTIONS)
        if names and options["verbosity"]:
            self.stdout.write(f"  Functions made: {', '.join(names)}")
