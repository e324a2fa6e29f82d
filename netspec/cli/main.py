"""`netspec`: the group of commands, and the one place where failures become exit codes."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

import click

from netspec import __version__
from netspec.cli import failure
from netspec.cli.failure import Failure
from netspec.text.nearest import nearest
from netspec.text.printable import printable

#: Commands in the order of the help; each is `COMMAND` in a module of its name.
COMMANDS = {
    "check": "Shapes, parameters, MACs, memory, mistakes.",
    "draw": "Diagram: svg, png, pdf, dot, html.",
    "compile": "ONNX model.",
    "run": "Inference on images, .npy, .npz.",
    "train": "Weights from samples.",
    "explain": "Pictures of what a net sees.",
    "bench": "Latency, throughput, measured memory.",
    "weights": "The tensors that a spec needs; writes seeded ones.",
    "diff": "What changed, and what it costs.",
    "layers": "Reference of the layer kinds.",
    "rule": "What a diagnostic means.",
    "schema": "The JSON Schema of a spec.",
    "doctor": "Versions, providers that really start, missing libraries.",
}


class _Commands(click.Group):
    """Loads a command's module when it is called: `check` does not import what `run` needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"netspec.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS:
            near = nearest(name, COMMANDS)
            hint = (
                f"; did you mean `netspec {near}`?"
                if near
                else f"; there are: {', '.join(COMMANDS)}"
            )
            raise click.UsageError(f"no command {printable(name)!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="netspec", message="%(prog)s %(version)s")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour in text output.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show the traceback of a bug.")
@click.pass_context
def netspec(context: click.Context, color: str, verbose: bool) -> None:
    """A compiler for neural networks written as short YAML files."""
    context.color = _colour(color)
    context.meta["netspec.verbose"] = verbose


def entry() -> None:
    """The installed command: `main`, and then the end of the process at once.

    The interpreter takes a tenth of a second to take itself apart when NumPy and ONNX are loaded,
    in which an interrupt would come too late to change what is done and too early to be ignored.
    """
    code: object = failure.OK
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    atexit._run_exitfuncs()  # what libraries have left to do, as the interpreter itself runs it
    for stream in (sys.stdout, sys.stderr):
        with suppress(
            AttributeError, OSError, ValueError
        ):  # `main` has told what cannot be written
            stream.flush()
    os._exit(code if isinstance(code, int) else failure.OK)


def main() -> None:
    """Run a command, turn what goes wrong into a message and an exit code."""
    ended = _obey_signals()
    gc.set_threshold(1_000_000)  # a command drops little of what it makes: collecting costs
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # real files have it
    try:
        code = _flushed(_guarded(sys.argv[1:]))
    except KeyboardInterrupt:
        code = failure.INTERRUPTED
    _leave(ended[0] if ended else code)


def _obeyed(arguments: list[str]) -> int:
    stdout = sys.stdout
    try:
        result: Any = netspec.main(arguments, prog_name="netspec", standalone_mode=False)
    except SystemExit as ended:
        # click ends so where a pipe is closed, and has put something in the place of the stream
        if sys.stdout is stdout:
            raise
        raise BrokenPipeError from ended
    return result if isinstance(result, int) else failure.OK


def _guarded(arguments: list[str]) -> int:
    try:
        return _obeyed(arguments)
    except Failure as error:
        _say(error.message, error.help)
        return error.code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return failure.UNUSABLE
    except click.exceptions.Abort:
        return failure.INTERRUPTED
    except KeyboardInterrupt:
        return failure.INTERRUPTED
    except click.ClickException as error:
        _usage(error)
        return failure.UNUSABLE
    except BrokenPipeError:
        return failure.PIPE_CLOSED
    except MemoryError:
        _say("out of memory")
        return failure.UNUSABLE
    except OSError as error:
        _say(
            f"{printable(str(error.filename))}: {error.strerror}" if error.filename else str(error)
        )
        return failure.UNUSABLE
    except Exception as error:
        return _bug(error)


def _usage(error: click.ClickException) -> None:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "netspec"
    _say(printable(error.format_message()), f"see `{path} --help`")


def _say(message: str, help_text: str | None = None) -> None:
    if sys.stderr is not None:
        click.echo(f"netspec: {message}", err=True)
        if help_text:
            click.echo(f"  = help: {help_text}", err=True)


def _bug(error: Exception) -> int:
    _say(
        f"a bug in netspec {__version__}: {type(error).__name__}: {printable(str(error))[:300]}",
        "please report it with the spec and the command; `netspec -v ...` prints the traceback",
    )
    if {"-v", "--verbose"} & set(sys.argv[1:]):
        import traceback

        traceback.print_exc()
    return failure.BUG


def _colour(choice: str) -> bool | None:
    """--color beats NO_COLOR beats FORCE_COLOR beats whether a terminal reads."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") else None


def _obey_signals() -> list[int]:
    """End the command at a signal; answers the exit codes of those that come.

    Libraries may swallow what a signal raises within them: then the command ends as it would have,
    with the signal's code.
    """
    ended: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        ended.append(failure.INTERRUPTED)
        raise KeyboardInterrupt

    def terminate(number: int, frame: FrameType | None) -> None:
        ended.append(failure.TERMINATED)
        raise SystemExit(failure.TERMINATED)

    signal.signal(signal.SIGTERM, terminate)
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:  # as in the background of a shell
        signal.signal(signal.SIGINT, interrupt)
    return ended


def _flushed(code: int) -> int:
    """The exit code once standard output is written."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        return failure.PIPE_CLOSED
    except OSError as error:
        _say(f"cannot write standard output: {error.strerror}")
        return failure.UNUSABLE
    return code


def _leave(code: int) -> None:
    """Exit without a second complaint about a stream that is gone, or a late interrupt."""
    with suppress(KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        os._exit(code)
    sys.exit(code)
