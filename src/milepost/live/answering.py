"""Carries out a client's requests: the permission is checked, then the hub is told."""

import asyncio
from collections.abc import Callable

import structlog

from milepost.domain.scope import Scope
from milepost.errors import Forbidden, InvalidInput, MilepostError
from milepost.live.hub import Hub
from milepost.live.messages import (
    Beat,
    CustomAck,
    RequestId,
    SubscriptionAck,
    UnsubscriptionAck,
    error_json,
    message_json,
)
from milepost.live.permissions import Directory, audience_of
from milepost.live.requests import Custom, Ping, Pong, Request, Subscribe, Unsubscribe
from milepost.live.state_json import iso_time
from milepost.live.subscribing import Start, initial_data_json
from milepost.live.viewer import Viewer

_log = structlog.get_logger(__name__)


class Answering:
    """The answers to one connection's requests; every one carries the request's id."""

    def __init__(
        self,
        scope: Scope,
        viewer: Viewer,
        hub: Hub,
        directory: Directory,
        clock_ms: Callable[[], int],
        max_subscriptions: int,
    ) -> None:
        self._scope = scope
        self._viewer = viewer
        self._hub = hub
        self._directory = directory
        self._clock_ms = clock_ms
        self._max_subscriptions = max_subscriptions
        # A request and a re-check of the permissions both wait for the database.
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, request: Request) -> None:
        """Carry out a request and queue the answer; a failure is an answer too."""
        try:
            async with self._one_at_a_time:
                await self._carry_out(request)
        except MilepostError as error:
            self._refuse(request, error)
        except Exception:  # noqa: BLE001 - the connection outlives one failed request
            _log.exception("live_request_failed", request=type(request).__name__)
            request_id = None if isinstance(request, Pong) else request.request_id
            text = "the request could not be carried out"
            self._viewer.reply(error_json("MESSAGE_HANDLER_ERROR", text, request_id))

    async def recheck(self) -> None:
        """End or narrow the subscriptions that the caller may no longer see in full."""
        async with self._one_at_a_time:
            for subscription in list(self._viewer.subscriptions.values()):
                channel = subscription.topic.audience.channel
                try:
                    audience = await audience_of(self._scope, channel, self._directory)
                except Forbidden:
                    self._hub.unsubscribe(self._viewer, channel.name)
                    self._acknowledge_end(channel.name, None, revoked=True)
                    continue
                if audience != subscription.topic.audience:
                    start = self._hub.subscribe(self._viewer, audience, subscription.bounds, None)
                    self._acknowledge(start, None)

    async def _carry_out(self, request: Request) -> None:
        match request:
            case Subscribe():
                await self._subscribe(request)
            case Unsubscribe():
                self._hub.unsubscribe(self._viewer, request.channel.name)
                self._acknowledge_end(request.channel.name, request.request_id, revoked=False)
            case Ping():
                now = self._now()
                beat = Beat(timestamp=now, server_time=now)
                self._viewer.reply(message_json("pong", beat, request.request_id))
            case Custom():
                data = CustomAck(original_type="custom", timestamp=self._now())
                self._viewer.reply(message_json("custom_ack", data, request.request_id))

    async def _subscribe(self, request: Subscribe) -> None:
        subscriptions = self._viewer.subscriptions
        name = request.channel.name
        if name not in subscriptions and len(subscriptions) >= self._max_subscriptions:
            allowed = f"at most {self._max_subscriptions} subscriptions of one connection"
            raise InvalidInput("channel", name, allowed)
        audience = await audience_of(self._scope, request.channel, self._directory)
        start = self._hub.subscribe(self._viewer, audience, request.bounds, request.resume)
        self._acknowledge(start, request.request_id)

    def _acknowledge(self, start: Start, request_id: RequestId | None) -> None:
        data = SubscriptionAck(
            channel=start.topic.name,
            status="subscribed",
            timestamp=self._now(),
            epoch=start.topic.epoch,
            offset=start.offset,
            recovered=start.recovered,
        )
        self._viewer.reply(message_json("subscription_ack", data, request_id))
        if start.vehicles is not None:
            snapshot = initial_data_json(start.topic, start.offset, start.vehicles, request_id)
            self._viewer.reply(snapshot)

    def _acknowledge_end(self, name: str, request_id: RequestId | None, *, revoked: bool) -> None:
        data = UnsubscriptionAck(
            channel=name,
            status="revoked" if revoked else "unsubscribed",
            timestamp=self._now(),
        )
        self._viewer.reply(message_json("unsubscription_ack", data, request_id))

    def _refuse(self, request: Request, error: MilepostError) -> None:
        request_id = None if isinstance(request, Pong) else request.request_id
        frame = error_json("MESSAGE_PROCESSING_ERROR", str(error), request_id, error.code)
        self._viewer.reply(frame)

    def _now(self) -> str:
        return iso_time(self._clock_ms())
