"""Posts messages to a Slack channel, with a bot's token or a webhook; talks to Slack's web API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    PrivateAttr,
    SecretStr,
    field_validator,
    model_validator,
)

from bot.contract import Message, Receipt, Send
from bot.errors import DeliveryError
from bot.filters import cut, line, mrkdwn
from notifiers._blocks import blocks
from notifiers._slack_answers import NO_EDIT, NO_LOOK, NO_MESSAGE, NO_THREAD, Gone, Refused
from notifiers._slack_call import api, hook

# A fallback above 4,000 characters is advised against, and only shown in notifications.
_FALLBACK = 200
# How far a message is looked for: so many pages, each at most one time-out long, of so many.
_PAGES, _PAGE = 2, 200
_CHANNELS = 1000
_ID = re.compile(r"[CGD][A-Z0-9]{6,20}")
# docs.slack.dev/messaging/formatting-message-text, "Mentioning": what an operator may write, and
# what Slack is given. A group's bare name is looked up by Slack itself, where it is asked to.
_EVERYBODY = re.compile(r"(?:@|<!)(here|channel|everyone)>?")
_GROUP = re.compile(r"(?:<!subteam\^)?(S[A-Z0-9]{5,20})>?")
_PERSON = re.compile(r"(?:<@)?([UW][A-Z0-9]{5,20})>?")
_NAMED = re.compile(r"@[a-z0-9][a-z0-9._-]{0,79}")


class Slack(BaseModel):
    """One Slack channel: `token` and `channel`, or `webhook`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    timeout: ClassVar[float] = 10.0  # seconds

    token: SecretStr | None = None
    channel: str | None = None
    webhook: SecretStr | None = None
    base_url: str = "https://slack.com/api/"
    mention: Mapping[Literal["closing", "moved", "cancelled"], str] = {}

    _ids: dict[str, str] = PrivateAttr(default_factory=dict)  # of channels, by `#name`

    @field_validator("base_url")
    @classmethod
    def _prefix(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
            raise ValueError(
                "must be the http(s) address of Slack's API, as https://slack.com/api/"
            )
        return value.rstrip("/") + "/"

    @field_validator("webhook")
    @classmethod
    def _address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = urlsplit(value.get_secret_value())
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("must be an address that starts with https://hooks.slack.com/")
        return value

    @field_validator("mention")
    @classmethod
    def _mentions(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        if not all(map(mentioned, value.values())):
            raise ValueError(
                "each must be @here, @channel, the @name of a user group, or the id of a group"
                " or person, as in S0123ABCD"
            )
        return value

    @model_validator(mode="after")
    def _either(self) -> Slack:
        if bool(self.webhook) == bool(self.token):
            raise ValueError("give either token and channel, or webhook")
        if bool(self.token) != bool(self.channel and self.channel.strip()):
            raise ValueError("channel goes with token: give both, as in channel: '#bids'")
        return self

    @property
    def pace(self) -> float:
        """One second at Slack itself, docs.slack.dev/apis/web-api/rate-limits; none elsewhere."""
        given = self.webhook.get_secret_value() if self.webhook else self.base_url
        host = urlsplit(given).hostname or ""
        return 1.0 if host == "slack.com" or host.endswith(".slack.com") else 0.0

    @property
    def converses(self) -> bool:
        """By token: a webhook tells no `ts`, so nothing that it posts can be found again."""
        return self.token is not None

    def recipients(self) -> tuple[str, ...]:
        return (self.channel or "webhook",)

    def send(self, message: Message) -> Receipt:
        """Post the message; the receipt is `CHANNEL/ts`, "" from a webhook, which tells none.

        A reply whose root is gone begins the conversation anew. A message that Slack finds too
        long or ill-formed is posted once more, short and plain.
        """
        if self.webhook:
            return self._post(message, {})
        if message.root:
            channel, ts = _parted(message.root)
            # Only what is worth a louder word is shown in the channel as well.
            broadcast = {"reply_broadcast": True} if message.occasion else {}
            where = {"channel": channel, "thread_ts": ts, **broadcast}
            try:
                return self._post(message, where, NO_THREAD)
            except Gone:
                return replace(self._post(message, {"channel": self.channel}), anew=True)
        return self._post(message, {"channel": self.channel})

    def batch(self) -> AbstractContextManager[Send]:
        return nullcontext(self.send)

    def edit(self, message: Message) -> None:
        """Put the message in the place of the one at its root, by `chat.update`.

        DeliveryError: `gone` where it is not there any more, `permanent` where it stays as it is.
        """
        channel, ts = _parted(message.root)
        # What is not given again falls back to a default, and the default of `parse` makes links.
        kept = ("text", "blocks", "parse", "link_names", "metadata")
        full = {name: value for name, value in payload(message).items() if name in kept}
        try:
            self._api("chat_update", full | {"channel": channel, "ts": ts}, NO_MESSAGE | NO_EDIT)
        except Gone as error:
            raise DeliveryError(
                f"Slack says {error}", permanent=True, gone=str(error) in NO_MESSAGE
            ) from None
        except Refused as error:
            raise DeliveryError(f"Slack refuses the edit: {error}", permanent=True) from None

    def find(self, message: Message, since: datetime) -> Receipt | None:
        """Look the message up by its metadata, newest first, among what was posted since (UTC).

        It needs the scope channels:history (groups:history for a private channel), and
        channels:read where the channel is given by its name. DeliveryError without, or where too
        much was posted since; of the whole channel where Slack asks for a pause first.
        """
        oldest = f"{since.timestamp():.6f}"
        channel = _parted(message.root)[0] if message.root else self._id()
        if message.root:
            thread = {"channel": channel, "ts": _parted(message.root)[1], "oldest": oldest}
            try:
                for post in self._posts("conversations_replies", thread, NO_MESSAGE):
                    if _delivery(post) == message.key:
                        return Receipt(f"{channel}/{post['ts']}")
            except Gone:
                pass
        for post in self._posts("conversations_history", {"channel": channel, "oldest": oldest}):
            if _delivery(post) == message.key:
                reply = post.get("thread_ts") not in (None, post["ts"])
                return Receipt(f"{channel}/{post['ts']}", anew=bool(message.root) and not reply)
        return None

    # ---------------------------------------------------------------- the calls

    def _post(
        self, message: Message, where: Mapping[str, Any], gone: frozenset[str] = frozenset()
    ) -> Receipt:
        full = payload(message, self.mention)
        try:
            answer = self._hand_over({**full, **where}, gone)
        except Refused:
            short = {name: value for name, value in full.items() if name != "blocks"}
            short["text"] = _in_short(message)
            try:
                answer = self._hand_over({**short, **where}, gone)
            except Refused as error:
                raise DeliveryError(f"Slack refuses the message: {error}", permanent=True) from None
        channel, ts = answer.get("channel"), answer.get("ts")
        if not (isinstance(channel, str) and isinstance(ts, str) and _fit(channel) and _fit(ts)):
            return Receipt()
        if where.get("channel") == self.channel:
            self._ids[str(self.channel)] = channel
        return Receipt(f"{channel}/{ts}")

    def _hand_over(self, body: Mapping[str, Any], gone: frozenset[str]) -> dict[str, Any]:
        if self.webhook:
            hook(self.webhook.get_secret_value(), body, timeout=self.timeout)
            return {}
        return self._api("chat_postMessage", body, gone)

    def _api(
        self, method: str, body: Mapping[str, Any], gone: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        assert self.token is not None
        token = self.token.get_secret_value()
        return api(
            method, body, token=token, base_url=self.base_url, timeout=self.timeout, gone=gone
        )

    def _id(self) -> str:
        """The channel's id, without which nothing can be looked up in it."""
        name = str(self.channel)
        if _ID.fullmatch(name):
            return name
        if name not in self._ids:
            kinds = {"types": "public_channel,private_channel", "limit": _CHANNELS}
            for channel in self._pages("conversations_list", kinds, "channels"):
                self._ids[f"#{channel.get('name')}"] = str(channel.get("id"))
        found = self._ids.get(name) or self._ids.get(f"#{name}")
        if not found:
            raise DeliveryError(f"Slack lists no channel {name}")
        return found

    def _posts(
        self, method: str, where: Mapping[str, Any], gone: frozenset[str] = frozenset()
    ) -> Iterator[Mapping[str, Any]]:
        asked = {"include_all_metadata": True, "inclusive": True, "limit": _PAGE}
        return self._pages(method, {**asked, **where}, "messages", gone)

    def _pages(
        self, method: str, asked: Mapping[str, Any], what: str, gone: frozenset[str] = frozenset()
    ) -> Iterator[Mapping[str, Any]]:
        """What the first pages hold; DeliveryError where there are more of them."""
        cursor = ""
        for page in range(_PAGES):
            given = {**asked, "cursor": cursor} if cursor else asked
            try:
                answer = self._api(method, given, gone | NO_LOOK)
            except Gone as error:
                if str(error) in gone:
                    raise
                raise DeliveryError(f"Slack says {error}") from None
            except DeliveryError as error:
                # One that is asked for behind each first page would be asked for for ever.
                first = error.channel and page == 0
                raise DeliveryError(
                    str(error), channel=first, retry_after=error.retry_after
                ) from None
            held = answer.get(what)
            yield from (one for one in held or () if isinstance(one, dict))
            more = answer.get("response_metadata")
            cursor = str(more.get("next_cursor") or "") if isinstance(more, dict) else ""
            if not cursor:
                return
        raise DeliveryError("there is too much in the channel to look through")


# ---------------------------------------------------------------- what is posted


def payload(message: Message, mention: Mapping[Any, str] = {}) -> dict[str, Any]:
    """What is posted: blocks, and a text for notifications; within Slack's limits.

    `mention` says by occasion who is called; nothing else in the message can call anybody.
    """
    called = mentioned(mention.get(message.occasion, ""))
    by_name = called.startswith("@")
    text = str(mrkdwn(cut(line(message.parts["subject"]) or "Tenderbell", _FALLBACK)))
    return {
        # Slack looks for names in it where it is asked to: none but the operator's is one.
        "text": text.replace("@", "\uff20") if by_name else text,
        "blocks": blocks(message, called),
        "unfurl_links": False,
        "unfurl_media": False,
        "link_names": by_name,
        "parse": "none",
        "metadata": {"event_type": "tenderbell", "event_payload": {"delivery": message.key}},
    }


def mentioned(text: str) -> str:
    """Who is called, as Slack is told: `<!here>`, `<!subteam^S0123>`, `@bids`; "" for nobody."""
    text = text.strip()
    if found := _EVERYBODY.fullmatch(text):
        return f"<!{found[1]}>"
    if found := _GROUP.fullmatch(text):
        return f"<!subteam^{found[1]}>"
    if found := _PERSON.fullmatch(text):
        return f"<@{found[1]}>"
    return text if _NAMED.fullmatch(text) else ""


def _in_short(message: Message) -> str:
    """The subject and the notice's address, as plain text."""
    subject = str(mrkdwn(cut(line(message.parts["subject"]) or "Tenderbell", _FALLBACK)))
    return f"{subject}\n<{mrkdwn(message.links[0].url)}>" if message.links else subject


def _fit(word: str) -> bool:
    """Whether it can be kept: what a database refuses would be posted again and again."""
    return 0 < len(word) <= 80 and word.isascii() and word.isprintable()


def _parted(reference: str) -> tuple[str, str]:
    """The channel's id and the `ts` of a message."""
    channel, _, ts = reference.partition("/")
    return channel, ts


def _delivery(post: Mapping[str, Any]) -> object:
    """The key of the delivery that a post says it is."""
    metadata = post.get("metadata")
    said = metadata.get("event_payload") if isinstance(metadata, dict) else None
    return said.get("delivery") if isinstance(said, dict) else None
