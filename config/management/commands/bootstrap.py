"""Bring an installation up to date: tables, queues, and the sample where embedded."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from config.bootstrap import sample_create
from config.broker import broker_install
from config.demo import (
    is_loopback,
    logins,
    public_accounts,
    public_accounts_refusal,
    users_create,
)


class Command(BaseCommand):
    help = "Migrate, install the broker's tables, and create the sample project and demo users."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--bare", action="store_true", help="no sample and no users, embedded or not"
        )
        which.add_argument(
            "--sample",
            action="store_true",
            help="create the sample project on a server of your own too (never the demo users)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("bringing the database up to date")
        call_command("migrate", interactive=False, verbosity=0)
        if settings.CELERY_BROKER_URL.startswith("pgmq"):
            connection.ensure_connection()
            if broker_install(connection.connection):
                self.stdout.write("installed the message queues")
        if refusal := public_accounts_refusal():
            raise CommandError(refusal)
        if settings.EMBEDDED and not options["bare"]:
            self._users()
        if options["sample"] or (settings.EMBEDDED and not options["bare"]):
            sample_create(self._say)

    def _users(self) -> None:
        if names := users_create():
            self._say(f"created the users {', '.join(names)}")
        if public := public_accounts():
            self._say(logins(public))
            if not is_loopback(settings.HOST):
                self._say(f"WARNING: these logins are open to all who reach {settings.HOST}")
        if not User.objects.exists():
            self._say(
                "nobody can log in yet: `python manage.py createsuperuser` makes an account"
            )

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
