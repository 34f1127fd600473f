"""What the gateway grants to peers that it does not know yet, and to those that misbehave."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of all listeners.

    Many trackers of a mobile operator share one address, so the limits per address are wide.

    Attributes:
        connections: open connections of all listeners together.
        connections_per_address: open connections from one address.
        connections_per_second: new connections from one address, sustained; four times as many
            may come at once.
        messages_per_second: frames, datagrams and requests from one address, sustained; twice as
            many may come at once. TCP is slowed down, datagrams are dropped, HTTP answers 429.
        refusals_per_minute: how often one address may try one unknown or disabled identity before
            it is refused without a look at the store.
        unanswered_messages: frames of one connection that wait for the store before the gateway
            stops reading from it.
        devices_per_connection: identities that one connection may carry.
        login_timeout_s: within this time a connection has to say who it is.
        frame_timeout_s: within this time a frame has to be complete.
        idle_timeout_s: silence after which a connection is closed.
        write_timeout_s: how long a peer may leave our answers unread.
        write_buffer_bytes: unread answers after which the gateway stops reading.
        body_bytes: longest body of an HTTP request.
        request_timeout_s: within this time an HTTP request has to be complete.
        keep_alive_s: how long an HTTP connection may wait for its next request.
        log_lines_per_second: complaints about one address that are logged; four times as many
            may come at once, the metrics count the rest.
    """

    connections: int = 20_000
    connections_per_address: int = 10_000
    connections_per_second: float = 1_000.0
    messages_per_second: float = 40_000.0
    refusals_per_minute: float = 6.0
    unanswered_messages: int = 1_000
    devices_per_connection: int = 1_000
    login_timeout_s: float = 30.0
    frame_timeout_s: float = 30.0
    idle_timeout_s: float = 1_800.0
    write_timeout_s: float = 30.0
    write_buffer_bytes: int = 65_536
    body_bytes: int = 1_048_576
    request_timeout_s: float = 30.0
    keep_alive_s: float = 75.0
    log_lines_per_second: float = 5.0
