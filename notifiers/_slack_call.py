"""One call of Slack's web API or of a webhook, settled; talks to Slack."""

from __future__ import annotations

import http.client
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError

from bot.errors import DeliveryError
from notifiers._slack_answers import plain, said, settled

# The library would log addresses and bodies, and a webhook's address is a secret.
_SILENT = logging.Logger("slack_sdk.silent", logging.CRITICAL + 1)
_HOOK_FIELDS = frozenset({"text", "blocks", "unfurl_links", "unfurl_media", "link_names"})


def api(
    method: str,
    body: Mapping[str, Any],
    *,
    token: str,
    base_url: str,
    timeout: float,
    gone: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The good answer to a call of slack_sdk's `method`; errors as of `settled`. Seconds."""
    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError

    client = WebClient(
        token=token,
        base_url=base_url,
        timeout=timeout,  # type: ignore[arg-type]
        retry_handlers=[],
        logger=_SILENT,
    )
    with _told():
        try:
            response = getattr(client, method)(**body)
        except SlackApiError as error:
            response = error.response
        except AttributeError:
            # The library takes whatever JSON came for an object: this was a list or a number.
            return settled((200, {}, {}))
    data = response.data if isinstance(response.data, dict) else {}
    return settled((response.status_code, response.headers, data), gone=gone)


def hook(address: str, body: Mapping[str, Any], *, timeout: float) -> None:
    """Post to a webhook; errors as of `settled`. Seconds."""
    from slack_sdk.webhook import WebhookClient

    client = WebhookClient(
        address,
        timeout=timeout,  # type: ignore[arg-type]
        retry_handlers=[],
        logger=_SILENT,
    )
    with _told():
        response = client.send_dict({k: v for k, v in body.items() if k in _HOOK_FIELDS})
    settled((response.status_code, response.headers, plain(response.body)), webhook=True)


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong on the way, as DeliveryError."""
    try:
        yield
    except DeliveryError:
        raise
    except URLError as error:
        # The library's wrapper of everything up to the last byte of the request.
        raise DeliveryError(f"Slack cannot be reached: {said(error.reason)}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DeliveryError(f"Slack's answer never came: {said(error)}", unknown=True) from None
