"""An option that can stand in three places: on the command line, in the environment, in the settings file."""

from __future__ import annotations

from typing import Any, Final

import click
from click.core import ParameterSource

PREFIX: Final = "VTEX_TRACKING_"


class Setting(click.Option):
    """A setting is also a variable VTEX_TRACKING_<OPTION> and a key of the settings file; an error names the one used."""

    def __init__(
        self,
        declarations: list[str],
        *,
        section: str,
        variables: tuple[str, ...] = (),
        show_default: bool | str = True,
        **attributes: Any,
    ) -> None:
        """`section` is the title that `--help` shows the option under; `variables` are more names in the environment."""
        variable = PREFIX + declarations[-1].removeprefix("--").replace("-", "_").upper()
        super().__init__(declarations, envvar=[variable, *variables], show_default=show_default, **attributes)
        self.section = section

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Who did not type a wrong value is told where it stands; the settings file was checked before."""
        option = super().get_error_hint(ctx)
        if ctx and ctx.get_parameter_source(str(self.name)) is ParameterSource.ENVIRONMENT:
            return f"{option} (from the environment: {' or '.join(self.envvar or ())})"
        return option


class Command(click.Command):
    """A command whose help shows its options under the titles of their sections."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Sections stand in the order in which the command names its options."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if isinstance(parameter, click.Option) and record is not None:
                section = parameter.section if isinstance(parameter, Setting) else "Options"
                sections.setdefault(section, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)
