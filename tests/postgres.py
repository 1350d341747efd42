"""A real PostgreSQL for the tests: a cluster of their own in a temporary folder, on a socket that only they know."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

ACCOUNT = "postgres"
"""Whom the server runs as when the tests run as root, which it refuses to be; Debian's package makes the account."""


class PostgresMissingError(Exception):
    """There is no PostgreSQL here; the text says what to install."""


def _program(name: str) -> str:
    folders = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))
    if found is None:
        raise PostgresMissingError(
            "The tests of the second database need PostgreSQL's server. On Debian and Ubuntu: apt install postgresql."
        )
    return found


@contextmanager
def postgres_cluster() -> Iterator[str]:
    """Start a server and give the folder of its socket; it is stopped and removed afterwards.

    Raises:
        PostgresMissingError: the server's programs are not installed.
    """
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    account = ACCOUNT if os.geteuid() == 0 else None
    # A short path: a socket's may have 107 characters at most.
    with TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        folder = Path(name)
        data = folder / "data"
        if account:
            os.chown(folder, pwd.getpwnam(account).pw_uid, -1)

        def run(*command: str) -> None:
            subprocess.run(command, check=True, user=account, stdout=subprocess.DEVNULL, cwd=folder)

        run(initdb, "--auth=trust", "--username=bot", "--encoding=UTF8", "--no-sync", "-D", str(data))
        # No TCP port; durability stays on, since it is part of what is tested.
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
        run(pg_ctl, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield name
        finally:
            run(pg_ctl, "-D", str(data), "-m", "immediate", "stop")


async def new_database(socket: str, name: str) -> str:
    """Make an empty database in the cluster and return its address for DATABASE_URL."""
    connection = await asyncpg.connect(host=socket, user="bot", database="postgres")
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    finally:
        await connection.close()
    return f"postgresql+asyncpg://bot@/{name}?host={socket}"
