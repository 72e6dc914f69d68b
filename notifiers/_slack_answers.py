"""What Slack answered, as a receipt or as the error that says what to do. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.errors import DeliveryError

Answer = tuple[int, Mapping[str, str], Mapping[str, Any]]  # status, headers, body

# The channel or the token needs a person: its messages wait, and one probe an hour asks again.
_PARKED = 3600.0
# What to do about each; the names are those of docs.slack.dev/reference/methods/chat.postMessage.
_PARKING = {
    "channel_not_found": "check the channel's name and invite the bot to it",
    "not_in_channel": "invite the bot to the channel",
    "is_archived": "the channel is archived: choose another",
    "restricted_action": "the workspace does not let the bot post there",
    "restricted_action_read_only_channel": "the channel is read-only: choose another",
    "restricted_action_thread_only_channel": "the channel takes only replies: choose another",
    "no_permission": "invite the bot to the channel",
    "ekm_access_denied": "an administrator has suspended posting",
    "missing_scope": "give the bot the scope chat:write",
    "invalid_auth": "check the token",
    "not_authed": "check the token",
    "not_allowed_token_type": "use the token of a bot, which begins with xoxb-",
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
# What the bot may not look at may still be posted to.
NO_LOOK = frozenset(_PARKING)
_TOO_MUCH = frozenset(
    {"msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format", "no_text"}
)
# The message that is answered or edited is no more, or takes no replies: deleted, or its channel
# was made anew under the same name.
NO_THREAD = frozenset(
    {"thread_not_found", "message_not_found", "cannot_reply_to_message", "invalid_thread_ts"}
    | {"restricted_action_non_threadable_channel", "restricted_action_thread_locked"}
    | {"channel_not_found", "is_archived", "not_in_channel"}
)
NO_MESSAGE = frozenset({"message_not_found", "thread_not_found"})
# An edit that no later attempt can make: docs.slack.dev/reference/methods/chat.update.
NO_EDIT = frozenset(
    {"cant_update_message", "edit_window_closed", "is_inactive", "channel_not_found"}
    | {"is_archived", "not_in_channel", "block_mismatch", "no_permission", "team_not_found"}
    | {"streaming_state_conflict", "access_denied"}
)


class Refused(Exception):
    """Slack read the message and will not have it in this form."""


class Gone(Exception):
    """What the call is about is no longer there, by one of the names that the caller gave."""


def settled(
    answer: Answer, *, webhook: bool = False, gone: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The body of a good answer.

    DeliveryError, Refused, or Gone for the errors of that name.
    """
    status, headers, body = answer
    if status == 200 and body.get("ok") is True:
        return dict(body)
    error = _name(body)
    if status == 429 or error in ("ratelimited", "rate_limited", "message_limit_exceeded"):
        wait = _seconds(headers)
        raise DeliveryError(
            "Slack asks for a pause", channel=True, retry_after=30.0 if wait is None else wait
        )
    if error in gone:
        raise Gone(error)
    if error in _PARKING:
        raise DeliveryError(
            f"Slack says {error}: {_PARKING[error]}", channel=True, retry_after=_PARKED
        )
    if webhook and status in (403, 404, 410):
        raise DeliveryError(
            f"the webhook is gone ({status}): make another", channel=True, retry_after=_PARKED
        )
    if error in _TOO_MUCH or status == 413:
        raise Refused(error or status)
    if status >= 500:
        raise DeliveryError(f"Slack answered {status}", retry_after=_seconds(headers))
    if status == 200 and not error:
        # A page instead of Slack's answer: something in between spoke, and what it did with the
        # message it does not say.
        raise DeliveryError("Slack's answer was not its own", unknown=True)
    raise DeliveryError(f"Slack says {error or status}")


def _name(body: Mapping[str, Any]) -> str:
    """The error's name; the library puts prose there when the answer was no JSON."""
    name = body.get("error")
    return name if isinstance(name, str) and re.fullmatch(r"[a-z0-9_-]{1,60}", name) else ""


def plain(body: str) -> dict[str, Any]:
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


def said(error: object) -> str:
    """What went wrong, without the address: a webhook's is a secret."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
