"""Posts messages to a Slack channel, with a bot's token or a webhook; talks to Slack's web API."""

from __future__ import annotations

import http.client
import json
import logging
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar
from urllib.error import URLError
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator, model_validator

from bot.contract import Message, Receipt, Send
from bot.errors import DeliveryError
from bot.filters import cut, line, mrkdwn

# docs.slack.dev/reference/block-kit/blocks: a header, a section, and the blocks of one message.
HEADER, SECTION, BLOCKS = 150, 3000, 50
# A fallback above 4,000 characters is advised against, and only shown in notifications.
_FALLBACK = 1000
# The channel or the token needs a person: its messages wait, and one probe an hour asks again.
_PARKED = 3600.0
# What to do about each; the names are those of docs.slack.dev/reference/methods/chat.postMessage.
_PARKING = {
    "channel_not_found": "check the channel's name and invite the bot to it",
    "not_in_channel": "invite the bot to the channel",
    "is_archived": "the channel is archived: choose another",
    "restricted_action": "the workspace does not let the bot post there",
    "missing_scope": "give the bot the scope chat:write",
    "invalid_auth": "check the token",
    "not_authed": "check the token",
    "token_revoked": "the token was revoked: make another",
    "token_expired": "the token has expired: make another",
    "account_inactive": "the bot was removed from the workspace",
    "org_login_required": "the workspace is being moved",
    "team_access_not_granted": "give the bot access to the workspace",
    "invalid_token": "make the webhook again",
    "no_service": "the webhook is gone: make another",
    "no_team": "the workspace is gone",
    "action_prohibited": "an administrator forbids posting there",
    "posting_to_general_channel_denied": "choose another channel",
    "channel_is_archived": "the channel is archived: choose another",
}
_TOO_MUCH = frozenset(
    {"msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format", "no_text"}
)
_LINK = re.compile(r"<(https?://[^|>\s]+)\|[^>]*>")
# Where a text must not be cut: inside an entity or between the brackets of a link.
_OPEN = re.compile(r"&[a-z]*$|<[^>]*$")
# The library would log addresses and bodies, and a webhook's address is a secret.
_SILENT = logging.Logger("slack_sdk.silent", logging.CRITICAL + 1)


class Slack(BaseModel):
    """One Slack channel: `token` and `channel`, or `webhook`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    timeout: ClassVar[float] = 10.0  # seconds
    converses: ClassVar[bool] = False

    token: SecretStr | None = None
    channel: str | None = None
    webhook: SecretStr | None = None
    base_url: str = "https://slack.com/api/"

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

    def recipients(self) -> tuple[str, ...]:
        return (self.channel or "webhook",)

    def send(self, message: Message) -> Receipt:
        """Post the message; the receipt is Slack's `ts`, "" from a webhook, which tells none.

        A message that Slack finds too long or ill-formed is posted once more, short and plain.
        """
        full = payload(message)
        try:
            return self._post(full)
        except _Refused:
            short = {k: v for k, v in full.items() if k != "blocks"}
            short["text"] = _in_short(message)
            try:
                return self._post(short)
            except _Refused as error:
                raise DeliveryError(f"Slack refuses the message: {error}", permanent=True) from None

    def batch(self) -> AbstractContextManager[Send]:
        return nullcontext(self.send)

    def _post(self, body: Mapping[str, Any]) -> Receipt:
        try:
            status, headers, answer = self._hook(body) if self.webhook else self._api(body)
        except URLError as error:
            # The library's wrapper of everything up to the last byte of the request.
            raise DeliveryError(f"Slack cannot be reached: {_said(error.reason)}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise DeliveryError(
                f"Slack's answer never came: {_said(error)}", unknown=True
            ) from None
        return _settled(status, headers, answer, webhook=self.webhook is not None)

    def _api(self, body: Mapping[str, Any]) -> _Answer:
        from slack_sdk import WebClient
        from slack_sdk.errors import SlackApiError

        assert self.token is not None
        client = WebClient(
            token=self.token.get_secret_value(),
            base_url=self.base_url,
            timeout=self.timeout,  # type: ignore[arg-type]
            retry_handlers=[],
            logger=_SILENT,
        )
        try:
            response = client.chat_postMessage(channel=self.channel or "", **body)
        except SlackApiError as error:
            response = error.response
        except AttributeError:
            # The library takes whatever JSON came for an object: this was a list or a number.
            return 200, {}, {}
        data = response.data if isinstance(response.data, dict) else {}
        return response.status_code, response.headers, data

    def _hook(self, body: Mapping[str, Any]) -> _Answer:
        from slack_sdk.webhook import WebhookClient

        assert self.webhook is not None
        client = WebhookClient(
            self.webhook.get_secret_value(),
            timeout=self.timeout,  # type: ignore[arg-type]
            retry_handlers=[],
            logger=_SILENT,
        )
        response = client.send_dict({k: v for k, v in body.items() if k in _HOOK_FIELDS})
        return response.status_code, response.headers, _plain(response.body)


_Answer = tuple[int, Mapping[str, str], Mapping[str, Any]]
_HOOK_FIELDS = frozenset({"text", "blocks", "unfurl_links", "unfurl_media"})


class _Refused(Exception):
    """Slack read the message and will not have it in this form."""


def payload(message: Message) -> dict[str, Any]:
    """What is posted: a header, sections, and a text for notifications; within Slack's limits."""
    subject = line(message.parts["subject"]) or "Tenderbell"
    blocks: list[dict[str, Any]] = [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": cut(subject, HEADER), "emoji": False},
        }
    ]
    # `verbatim`: Slack makes no links and no mentions of its own out of the text.
    blocks += [
        {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
        for text in sections(message.parts["text"])
    ]
    return {
        "text": str(mrkdwn(cut(subject, _FALLBACK // 5))),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
        "link_names": False,
        "parse": "none",
        "metadata": {"event_type": "tenderbell", "event_payload": {"delivery": message.key}},
    }


def sections(text: str) -> list[str]:
    """A text in pieces of at most 3,000 characters, cut at blank lines, else where it is safe."""
    pieces: list[str] = []
    for paragraph in filter(None, (part.strip("\n") for part in text.split("\n\n"))):
        rest = paragraph
        while len(rest) > SECTION:
            at = _safe(rest)
            pieces.append(rest[:at].rstrip())
            rest = rest[at:].lstrip()
        pieces.append(rest)
    pieces = [piece for piece in pieces if piece.strip()]
    if len(pieces) < BLOCKS:
        return pieces
    return [*pieces[: BLOCKS - 2], "_The rest is in the notice._"]


def _safe(text: str) -> int:
    """The last place within a section where a line, a word, or at least no entity is cut."""
    head = text[:SECTION]
    for mark in ("\n", " "):
        at = head.rfind(mark)
        if at > SECTION // 2 and not _OPEN.search(head[:at]):
            return at
    cut_open = _OPEN.search(head)
    return cut_open.start() if cut_open and cut_open.start() > 0 else SECTION


def _in_short(message: Message) -> str:
    """The subject and the notice's address, as plain text."""
    found = _LINK.search(message.parts["text"])
    subject = str(mrkdwn(cut(line(message.parts["subject"]) or "Tenderbell", 200)))
    return f"{subject}\n<{found[1]}>" if found else subject


# ---------------------------------------------------------------- what Slack answered


def _settled(
    status: int, headers: Mapping[str, str], answer: Mapping[str, Any], *, webhook: bool
) -> Receipt:
    if status == 200 and answer.get("ok") is True:
        return Receipt(str(answer.get("ts") or ""))
    error = _name(answer)
    if status == 429 or error in ("ratelimited", "rate_limited", "message_limit_exceeded"):
        wait = _seconds(headers)
        raise DeliveryError(
            "Slack asks for a pause", channel=True, retry_after=30.0 if wait is None else wait
        )
    if error in _PARKING:
        raise DeliveryError(
            f"Slack says {error}: {_PARKING[error]}", channel=True, retry_after=_PARKED
        )
    if webhook and status in (403, 404, 410):
        raise DeliveryError(
            f"the webhook is gone ({status}): make another", channel=True, retry_after=_PARKED
        )
    if error in _TOO_MUCH or status == 413:
        raise _Refused(error or status)
    if status >= 500:
        raise DeliveryError(f"Slack answered {status}", retry_after=_seconds(headers))
    if status == 200 and not error:
        # A page instead of Slack's answer: something in between spoke, and what it did with the
        # message it does not say.
        raise DeliveryError("Slack's answer was not its own", unknown=True)
    raise DeliveryError(f"Slack says {error or status}")


def _name(answer: Mapping[str, Any]) -> str:
    """The error's name; the library puts prose there when the answer was no JSON."""
    name = answer.get("error")
    return name if isinstance(name, str) and re.fullmatch(r"[a-z0-9_-]{1,60}", name) else ""


def _plain(body: str) -> dict[str, Any]:
    """A webhook's answer, `ok` or an error's name in plain text, as the API would put it."""
    text = body.strip()
    if text == "ok":
        return {"ok": True}
    try:
        found = json.loads(text)
    except ValueError:
        return {"ok": False, "error": text}
    return found if isinstance(found, dict) else {"ok": False, "error": text}


def _seconds(headers: Mapping[str, str]) -> float | None:
    value = next((v for k, v in headers.items() if k.lower() == "retry-after"), "")
    found = value[0] if isinstance(value, list) and value else value
    return float(found) if re.fullmatch(r"\d{1,6}", str(found).strip()) else None


def _said(error: object) -> str:
    """What went wrong, without the address: a webhook's is a secret."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
