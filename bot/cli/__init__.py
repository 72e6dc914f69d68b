"""The verbs of `tenderbell`. Each imports what it needs when it is run. Touches the terminal."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

# verb → module and function; a verb's module is imported only when that verb is used.
VERBS = {
    "run": ("service", "Serve until SIGTERM or SIGINT; SIGHUP reloads the config."),
    "once": ("service", "One full cycle: poll, remind, deliver; prints receipts."),
    "demo": ("demo", "A few simulated days against a bundled portal, without any account."),
    "check": ("check", "Every fault of the config at once, with its place."),
    "codes": ("codes", "Find CPV codes and regions for a subscription, by words or by code."),
    "explain": ("explain", "Why a notice did, or did not, lead to messages."),
    "history": ("history", "The timeline of a contracting process."),
    "outbox": ("outbox", "Deliveries and their state."),
    "follow": ("follow", "Hear all of one procurement, whatever the subscriptions say."),
    "unfollow": ("follow", "Follow a procurement no more."),
    "mute": ("mute", "Hear nothing of one procurement, or of a buyer."),
    "unmute": ("mute", "Hear of it again."),
    "following": ("following", "What is followed and what is muted."),
    "resend": ("outbox", "Send one delivery again."),
    "preview": ("preview", "Show a message and send nothing."),
    "send-test": ("preview", "One of each kind of message, marked TEST, to a channel."),
    "fetch": ("fetch", "Save a source's present pages, contacts blanked, for a test."),
    "status": ("status", "Sources and channels: what is well and what is not."),
}


class Verbs(click.Group):
    """Lists the verbs without importing them: `--help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        module = importlib.import_module(f"bot.cli.{VERBS[name][0]}")
        command: click.Command = getattr(module, name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, what) for name, (_, what) in VERBS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], VERBS, 1)
            hint = f" (did you mean {near[0]}?)" if near else "; see tenderbell --help"
            raise click.UsageError(f"no such command: {args[0]}{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tenderbell")
def cli() -> None:
    """Watches public procurement portals and tells you what you cannot afford to miss.

    Start with `tenderbell demo`; then write a config.yaml, `tenderbell check` it, and
    `tenderbell run`.
    """


def main(args: list[str] | None = None) -> None:
    """Run a verb. A usage or config fault is one line or one line a fault, and exit 2."""
    from bot.errors import ConfigError

    try:
        code: Any = cli.main(args, standalone_mode=False)
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        print(f"tenderbell: {error.format_message()}", file=sys.stderr)
        code = 2
    except ConfigError as error:
        print(error, file=sys.stderr)
        code = 2
    except BrokenPipeError:
        # The reader of a pipe has gone: nothing is wrong, and nothing more can be printed.
        sys.stderr.close()
        code = 0
    sys.exit(code if isinstance(code, int) else 0)
