"""`demo`: a few simulated days against a bundled portal. Touches loopback ports and a folder."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="Example: tenderbell demo")
@click.option(
    "--out", type=click.Path(path_type=Path), default="tenderbell-demo", show_default=True,
    help="The folder for Slack's and e-mail's messages.",
)  # fmt: skip
def demo(out: Path) -> None:
    """The same program over a simulated week of invented notices: no account, no network.

    Shows what the terminal would show; leaves Slack's and e-mail's messages as files to open.
    """
    from bot.demo.play import play

    played = play(out, click.echo)
    click.echo(
        f"\n{played.told} messages in {played.cycles} cycles. Slack's are in {out}/slack.html, "
        f"the e-mails in {out}/mail-*.eml and .html."
    )
