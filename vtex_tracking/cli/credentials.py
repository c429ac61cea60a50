"""The credentials come from the environment, or from files that it names and that nobody else can read."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from vtex_tracking.credentials import Credentials, Secret, read_secret
from vtex_tracking.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_BYTES_MAX: Final = 4096
_KEY: Final = "VTEX_APP_KEY"
_TOKEN: Final = "VTEX_APP_TOKEN"  # noqa: S105 - a variable's name, not a token


def read_credentials(environment: Mapping[str, str]) -> Credentials:
    """Each of the two comes from one place; SettingsError names all that is wrong with both, and no value."""
    secrets: list[Secret] = []
    faults: list[str] = []
    for name in (_KEY, _TOKEN):
        try:
            secrets.append(_secret(environment, name=name))
        except SettingsError as error:
            faults.append(str(error))
    if faults:
        raise SettingsError("\n- ".join([f"credentials: {len(faults)} to mend", *faults]))
    app_key, app_token = secrets
    return Credentials(app_key=app_key, app_token=app_token)


def _secret(environment: Mapping[str, str], *, name: str) -> Secret:
    match environment.get(name), environment.get(f"{name}_FILE"):
        case (None | "", None | ""):
            raise SettingsError(f"{name} is not set; set it, or set {name}_FILE to the path of a file that holds it")
        case (str(text), None | ""):
            return read_secret(text, name=name)
        case (None | "", str(path)):
            return read_secret(_text_of(path, name=f"{name}_FILE"), name=path)
        case _:
            raise SettingsError(f"{name} and {name}_FILE are both set; unset one of them")


def _text_of(path: str, *, name: str) -> str:
    """A file of secrets is its owner's alone; that is asked of the open file, which cannot change its name meanwhile."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - fstat wants the open file, and a pipe is welcome
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise SettingsError(f"{name}: others may read {path} (mode {mode:04o}); run: chmod 600 {path}")
            content = file.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise SettingsError(f"{name}: {path} cannot be read: {error.strerror}") from None
    if len(content) > SECRET_BYTES_MAX:
        raise SettingsError(f"{name}: {path} has more than {SECRET_BYTES_MAX} bytes; a key of VTEX is one short line")
    return content.decode(errors="replace")
