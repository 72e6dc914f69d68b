"""`preview` and `send-test`: messages to be looked at. Touches files, the database, a channel."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.common import clean, logs, options

if TYPE_CHECKING:
    from bot.config import Channel, Config
    from bot.contract import Message
    from bot.render import Renderer

CLIENTS = ("slack", "email", "console")
NOTE = "This is a test of the channel: the notice is invented."


@click.command(epilog="Example: tenderbell preview amended --as email")
@click.argument("what", metavar="KEY|KIND")
@click.option("--as", "client", type=click.Choice(CLIENTS), help="As that kind of channel has it.")
@click.option("--output", type=click.Path(path_type=Path), help="The page to write.")
@options
def preview(
    what: str, client: str | None, output: Path | None, path: Path, verbose: bool, quiet: bool
) -> int:
    """Show a message and send nothing: a delivery by its KEY, or a sample of a KIND.

    KINDs are new, amended, cancelled, awarded, deadline, started, operators and digest. With
    `--as slack` and `--as email` a page is written too, which shows the message as its client
    would.
    """
    from bot import app
    from bot.meant import meant
    from bot.render.example import KINDS
    from bot.setup import renderer

    if output and client not in ("slack", "email"):
        raise click.UsageError("--output names a page: it goes with --as slack or --as email")
    logs(verbose=verbose, quiet=quiet)
    config = app.load(path)
    if what in KINDS:
        layout = client or "console"
        message = _sample(renderer(config), what, layout)
    else:
        found = _queued(path, what, client)
        if found is None:
            hint = meant(what, KINDS) or "; `tenderbell outbox` lists the keys"
            click.echo(f"no such delivery, nor kind of message: {clean(what)}{hint}", err=True)
            return 1
        message, layout = found
    click.echo("\n".join(map(clean, _shown(message.parts, layout).split("\n"))))
    if client in ("slack", "email"):
        kind = what if what in KINDS else "message"
        page = output or Path(f"preview-{kind}-{client}.html")
        page.write_text(_page(message, client, config), encoding="utf-8")
        click.echo(f"\n{page}")
    return 0


def _shown(parts: Mapping[str, str], layout: str) -> str:
    """All that a reader of the plain message sees, from top to bottom."""
    subject, text = parts.get("subject", ""), parts["text"]
    # A terminal's text begins with its subject.
    alone = layout == "console" or text.startswith(subject)
    around = [parts.get(name, "") for name in ("status", "fields")]
    told = ["" if alone else subject, *around, text, parts.get("context", "")]
    return "\n\n".join(filter(None, told))


def _sample(render: Renderer, kind: str, notifier: str) -> Message:
    from bot.render.example import entries, message_of

    message = message_of(render, notifier, kind, entries(kind))
    _failed(render)
    return message


def _failed(render: Renderer) -> bool:
    """Whether an own template failed; each is a line."""
    failed = [verdict.failed for verdict in render.verdicts() if verdict.failed]
    for why in failed:
        click.echo(f"{clean(why)}: the built-in templates served instead", err=True)
    return bool(failed)


def _queued(path: Path, key: str, client: str | None) -> tuple[Message, str] | None:
    """The message of a delivery, as it was sent or would be now, and the notifier it is laid out
    for; None when there is no such delivery.
    """
    from bot.app import open_all
    from bot.batch import as_one
    from bot.loop import clock
    from bot.store import deliveries
    from bot.store.engine import reading

    setup = open_all(path, clock())
    with reading(setup.engine) as connection:
        told = deliveries.told_with(connection, key)
    if not told:
        return None
    event, delivery = as_one([(event, delivery) for delivery, event, _ in told])
    channel = setup.config.channels.get(delivery.channel)
    notifier = client or (channel.notify if channel else "console")
    message = setup.renderer.render(notifier, event, delivery, told[0][2] or clock())
    _failed(setup.renderer)
    return message, notifier


def _page(message: Message, client: str, config: Config) -> str:
    from bot.app import posted
    from bot.pages.mail import mail
    from bot.pages.slack import Shown, channel
    from bot.when import local

    at = local(message.at, config.timezone)
    if client == "slack":
        return channel("Preview", [Shown(posted(message), at=at)])
    senders = (getattr(c.notifier, "sender", "") for c in config.channels.values())
    headers = {
        "From": next(filter(None, senders), "Tenderbell <alerts@example.org>"),
        "To": message.recipient,
        "Date": at,
    }
    parts = message.parts
    return mail(parts["subject"], headers, parts.get("html", ""), parts["text"])


# ---------------------------------------------------------------- send-test


@click.command("send-test", epilog="Example: tenderbell send-test bids-mail")
@click.argument("channel")
@options
def send_test(channel: str, path: Path, verbose: bool, quiet: bool) -> int:
    """Send one of each kind of message, marked TEST, to each recipient of a channel.

    The notice in them is invented. Nothing of it is remembered: no poll needs to have run.
    """
    from bot import app
    from bot.meant import meant
    from bot.setup import renderer

    logs(verbose=verbose, quiet=quiet)
    config = app.load(path)
    if channel not in config.channels:
        hint = meant(channel, config.channels) or f"; there is {', '.join(config.channels)}"
        raise click.UsageError(f"there is no channel {channel!r}{hint}")
    render = renderer(config)
    well = _send(config.channels[channel], render)
    return 0 if not _failed(render) and well else 1


def _send(channel: Channel, render: Renderer) -> bool:
    """Whether every message was taken; each is a line. What ails the whole channel ends it."""
    from bot.errors import DeliveryError
    from bot.loop import Pace, clock
    from bot.render.example import KINDS

    pace = Pace(channel.notifier.pace, threading.Event())
    well = True
    for recipient in channel.notifier.recipients():
        for kind in KINDS:
            to = f"{kind} to {recipient or channel.name}"
            try:
                pace()
                receipt = channel.notifier.send(_marked(render, kind, channel, recipient, clock()))
                click.echo(f"{to}: sent {clean(receipt.reference)}".rstrip())
            except DeliveryError as error:
                click.echo(f"{to}: failed: {clean(str(error))}", err=True)
                well = False
                if error.channel:
                    return False
    return well


def _marked(
    render: Renderer, kind: str, channel: Channel, recipient: str, now: datetime
) -> Message:
    """A sample marked as a test wherever a reader may look: in its subject, text and facts."""
    from bot.render.example import entries, message_of
    from bot.when import iso

    told = [
        (replace(event, notes=(*event.notes, NOTE)), replace(delivery, key=f"test/{delivery.key}"))
        for event, delivery in entries(kind, channel.name, recipient)
    ]
    message = message_of(render, channel.notify, kind, told)
    return replace(
        message,
        key=f"test/{kind}@{iso(now)}>{channel.name}>{recipient}",
        parts=_test(message.parts),
        facts=_test(message.facts),
        at=now,
    )


def _test(told: Mapping[str, Any]) -> dict[str, Any]:
    """The same with TEST before the subject, before a text that begins with it, and each title."""
    subject = told.get("subject", "")
    marked = {**told}
    for name in ("subject", "title", "text"):
        if told.get(name) and (name != "text" or told[name].startswith(subject)):
            marked[name] = f"TEST: {told[name]}"
    if "entries" in told:
        marked["entries"] = [_test(entry) for entry in told["entries"]]
    return marked
