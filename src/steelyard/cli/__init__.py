"""The command line: one file per group of commands; it parses, makes one call and prints."""

import sys
from typing import Any

import typer
from typer.core import TyperGroup

from steelyard.cli import (
    bench,
    demo,
    hub,
    live,
    registers,
    replay,
    run,
    sample,
    serve,
    solution,
    trial,
    twin,
    users,
    validate,
)
from steelyard.cli.output import language_or_english

INTERRUPTED = {
    "en": "interrupted; nothing was half-written",
    "ko": "중단했습니다. 반쯤 기록된 것은 없습니다",
}
ORDER = (
    "demo", "sample", "run", "serve", "live", "replay", "registers", "users",
    "hub", "twin", "solution", "trial", "validate", "bench",
)  # fmt: skip


class InOrder(TyperGroup):
    """Commands in the order in which a user meets them."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; Ctrl-C ends in one sentence and exit code 130."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo(INTERRUPTED[language_or_english()], err=True)
            raise typer.Exit(130) from None

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands."""
        return list(ORDER)


app = typer.Typer(
    name="steelyard",
    cls=InOrder,
    help="A virtual steel works on which digital solutions are weighed before they touch a real one.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("demo")(demo.demo)
app.command("sample")(sample.sample)
app.command("run")(run.run)
app.command("serve")(serve.serve)
app.add_typer(live.app, name="live")
app.command("replay")(replay.replay)
app.command("registers")(registers.registers)
app.add_typer(users.app, name="users")
app.add_typer(hub.app, name="hub")
app.add_typer(twin.app, name="twin")
app.add_typer(solution.app, name="solution")
app.add_typer(trial.app, name="trial")
app.command("validate")(validate.validate)
app.command("bench")(bench.bench)


def _version(shown: bool) -> None:
    if shown:
        from steelyard import __version__

        typer.echo(f"steelyard {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Options before a command."""


def main() -> None:
    """Run the command line; an error that a user can mend becomes one message and exit code 2."""
    from steelyard.errors import SteelyardError

    try:
        app()
    except SteelyardError as error:
        typer.secho(f"error: {error}", fg=typer.colors.RED, err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(141)
