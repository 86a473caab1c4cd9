#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it starts the embedded Postgres first."""

import os
import sys

from config.embedded import ensure_database_url


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    ensure_database_url()
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"cannot start: {error}")


if __name__ == "__main__":
    main()
