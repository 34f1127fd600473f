"""The only reader of the environment: every setting, its default and its meaning."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from milepost.errors import InvalidInput, NotShown

PREFIX = "MILEPOST_"

Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
Port = Annotated[int, Meta(ge=1, le=65535)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator can set; each field is the environment variable `MILEPOST_<FIELD>`.

    Attributes:
        data: folder of the embedded engines, of the signing key and of the lock.
        host: address that the web port and the device ports are bound to.
        port: web port (HTTP and WebSocket).
        ops_host: address that the operations port is bound to.
        ops_port: operations port (health, readiness, metrics); by default 1000 above the web port,
            where that is free.
        public_metrics: whether `/metrics` is on the web port, too, open to everyone.
        public_schema: whether `/schema` is open to everyone.
        trusted_proxies: networks of reverse proxies, separated by commas, whose word about their
            clients' addresses is taken; none by default.
        forwarded_header: the header that the proxies write.
        web_connections: open connections of the web port, WebSockets included.
        web_connections_per_address: those from one address that is no trusted proxy.
        web_idle_s: how long a connection may wait for its next request.
        web_head_s: within this time the head of a request has to be complete.
        web_body_s: within this time after its head a request has to be complete.
        web_unread_s: within this time a client has to read on, or to the end.
        requests_per_s: requests of one caller (user, API key, else address), sustained.
        request_burst: how many of them may come at once.
        port_offset: added to every device port, so that several instances live side by side.
        database_url: PostgreSQL to connect to instead of the embedded one.
        clickhouse_url: ClickHouse to connect to instead of the embedded one.
        log_url: NATS server with JetStream for the log of accepted positions
            (`nats://user:password@host:4222`, with `/NAME` for a stream of another name); by
            default it is files in the data folder.
        mqtt_url: broker to take positions from (`mqtt://user:password@host:1883`); none by default.
        map_style_url: MapLibre style that replaces the built-in base map.
        auto_register: `tenant-slug:regular expression`; unknown devices whose whole identity
            matches are registered for that tenant instead of being listed for adoption.
        auto_register_per_hour: how many of them within an hour, at most.
        auto_register_most: how many devices that tenant may have for it to go on.
        gathering_ms: how long positions are gathered into one entry of the log.
        shards: into how many parts devices are divided, each with a log of its own.
        block_interval_s: how often positions go from the log to ClickHouse.
        block_rows: with so many they go earlier.
        flush_interval_s: how often trips, totals and checkpoints are written.
        offline_after_s: silence after which a vehicle counts as offline.
        command_answer_s: how long a device has to answer a command.
        session_idle_days: how long a session goes on that nobody uses.
        session_lifetime_days: how long a session goes on at most, however much it is used.
        stall_after_s: silence of the server process after which its supervisor restarts it.
        log_level: debug, info, warning or error.
        log_format: `console` for people, `json` for machines.
    """

    data: Path = Path("milepost-data")
    host: str = "127.0.0.1"
    port: int = 8080
    ops_host: str = "127.0.0.1"
    ops_port: Port | None = None
    public_metrics: bool = False
    public_schema: bool = False
    trusted_proxies: str | None = None
    forwarded_header: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for"
    web_connections: Count = 8192
    web_connections_per_address: Count = 1024
    web_idle_s: Seconds = 75.0
    web_head_s: Seconds = 20.0
    web_body_s: Seconds = 60.0
    web_unread_s: Seconds = 30.0
    requests_per_s: Seconds = 50.0
    request_burst: Count = 1000
    port_offset: int = 0
    database_url: str | None = None
    clickhouse_url: str | None = None
    log_url: str | None = None
    mqtt_url: str | None = None
    map_style_url: str | None = None
    auto_register: str | None = None
    auto_register_per_hour: int = 500
    auto_register_most: int = 20_000
    gathering_ms: float = 5.0
    shards: Count = 1
    block_interval_s: Seconds = 1.0
    block_rows: Count = 20_000
    flush_interval_s: float = 1.0
    offline_after_s: float = 600.0
    command_answer_s: float = 60.0
    session_idle_days: float = 7.0
    session_lifetime_days: float = 30.0
    stall_after_s: float = 30.0
    log_level: str = "info"
    log_format: str = "console"


_TYPES: Mapping[str, object] = {
    field.name: field.type for field in msgspec.structs.fields(Settings)
}
_WORDS: Mapping[object, str] = {int: "a whole number", float: "a number"}


def load_settings(environment: Mapping[str, str], **overrides: object) -> Settings:
    """Settings from the environment; overrides that are not None win (command-line flags).

    Raises:
        InvalidInput: a variable has the prefix but no such setting exists, or its value does not
            fit the setting's type.
    """
    values: dict[str, Any] = {
        name.removeprefix(PREFIX).lower(): text
        for name, text in environment.items()
        if name.startswith(PREFIX) and text != ""
    }
    known = Settings.__struct_fields__
    for name in values:
        if name not in known:
            raise InvalidInput(PREFIX + name.upper(), name, "one of " + ", ".join(known))
    values |= {name: str(value) for name, value in overrides.items() if value is not None}
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise _refused(values, str(error)) from None


def _refused(values: Mapping[str, Any], reason: str) -> InvalidInput:
    """Names the one setting that is wrong: the others may hold passwords."""
    what, _, place = reason.partition(" - at `$.")
    name = place.rstrip("`")
    came = NotShown() if name.endswith("_url") or name not in values else values[name]
    allowed = _WORDS.get(_TYPES.get(name), what[:1].lower() + what[1:])
    return InvalidInput(PREFIX + name.upper(), came, allowed)


def _decode(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value)).expanduser()
    raise TypeError(f"no setting has the type {kind}")
