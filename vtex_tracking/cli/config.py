"""The settings file, `vtex-tracking.toml`: one key an option, checked whole before anything else happens."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from vtex_tracking.cli.files import read_text
from vtex_tracking.cli.setting import Setting
from vtex_tracking.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CONFIG_DEFAULT: Final = "vtex-tracking.toml"


def load_config(ctx: click.Context, _parameter: click.Parameter, path: str | None) -> None:
    """The settings file is read before any option, and gives each that has no better source its value."""
    file = Path(path or CONFIG_DEFAULT)
    if path is None and not file.exists():
        return
    group = ctx.find_root().command
    commands = group.commands.values() if isinstance(group, click.Group) else [ctx.command]
    settings = {
        str(one.name): one
        for command in commands
        for one in command.params
        if isinstance(one, Setting) and one.expose_value
    }
    ctx.default_map = read_config(read_text(file, what="settings file"), name=str(file), settings=settings, ctx=ctx)


def read_config(text: str, *, name: str, settings: Mapping[str, Setting], ctx: click.Context) -> dict[str, Any]:
    """Every key is that of a setting, with a value that it takes; SettingsError names all faults at once."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # an integer or a nesting beyond Python's own limits
        raise SettingsError(f"{name} is not TOML: {error}") from None
    values: dict[str, Any] = {}
    faults: list[str] = []
    for key, value in document.items():
        try:
            setting = _setting_of(key, known=settings, given=values)
            values[str(setting.name)] = _value_of(setting, value=value, ctx=ctx)
        except (SettingsError, click.BadParameter) as error:
            faults.append(f"{key}: {error}")
    if faults:
        raise SettingsError("\n- ".join([f"{name}: {len(faults)} to mend", *faults]))
    return values


def _setting_of(key: str, *, known: Mapping[str, Setting], given: Collection[str]) -> Setting:
    """A key is an option's name, with dashes or with underscores."""
    option = key.replace("-", "_")
    if option in given:
        raise SettingsError("given twice, with a dash and with an underscore; keep one")
    if option not in known:
        raise SettingsError(_advice_on(option, known=known))
    return known[option]


def _value_of(setting: Setting, *, value: object, ctx: click.Context) -> object:
    """A value becomes the text that would stand in a variable, so that both are read alike; a flag is true or false."""
    match value:
        case bool() if setting.is_flag:
            return value
        case str() | int() | float() if not (setting.is_flag or isinstance(value, bool)):
            setting.type_cast_value(ctx, str(value))
            return str(value)
        case _:
            raise SettingsError(
                f"{value!r} is not what it takes; expected {'true or false' if setting.is_flag else 'text'}"
            )


def _advice_on(option: str, *, known: Mapping[str, Setting]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only an error needs it

    if option.endswith(("key", "token", "secret")):
        return "credentials never stand in this file; set VTEX_APP_KEY and VTEX_APP_TOKEN in the environment"
    near = get_close_matches(option, known, n=1)
    hint = f"did you mean {near[0].replace('_', '-')}?" if near else "see `vtex-tracking push --help`"
    return f"no such setting; {hint}"
