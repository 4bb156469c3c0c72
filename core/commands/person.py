"""Who runs a command."""

from __future__ import annotations

import os
from argparse import ArgumentParser

from core.config import operating_system_user


def add_person(parser: ArgumentParser) -> None:
    """Declare `--person`; by default the same name that the app uses on this machine."""
    parser.add_argument(
        "--person",
        metavar="NAME",
        default=os.environ.get("WORKBENCH_PERSON") or operating_system_user(),
        help="recorded as who did it (your user name when left out)",
    )
