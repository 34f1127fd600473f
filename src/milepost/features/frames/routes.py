"""/devices/{id}/frames: what a device and the server said to each other lately."""

from typing import Annotated
from uuid import UUID

from litestar import Router, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from milepost.features.devices.store import DEVICES
from milepost.features.frames.log import KEPT_FRAMES, Frame, FrameLog
from milepost.features.frames.schemas import FramePage, FrameView
from milepost.features.guards import needs
from milepost.features.wire import time_of
from milepost.features.work import Work
from milepost.protocols.wire.message_json import message_lines

AfterNumber = Annotated[
    int,
    QueryParameter(name="after", ge=0, description="The number of the last frame that is known."),
]
FrameLimit = Annotated[int, QueryParameter(name="limit", ge=1, le=KEPT_FRAMES)]


@get(
    "/devices/{device_id:uuid}/frames",
    operation_id="listDeviceFrames",
    guards=[needs("edit_devices")],
)
async def list_device_frames(
    device_id: FromPath[UUID],
    work: NamedDependency[Work],
    frame_log: NamedDependency[FrameLog],
    after: AfterNumber = 0,
    limit: FrameLimit = KEPT_FRAMES,
) -> FramePage:
    """The frames that were kept of a device whose `keepFrames` is on, the oldest first."""
    device = await DEVICES.get(work.connection, work.scope, device_id)
    frames = frame_log.frames(device.id, after, limit)
    last = frames[-1].number if frames else after
    return FramePage(
        items=[_view(frame) for frame in frames], keeping=device.keep_frames, last=last
    )


@delete(
    "/devices/{device_id:uuid}/frames",
    operation_id="forgetDeviceFrames",
    guards=[needs("edit_devices")],
)
async def forget_device_frames(
    device_id: FromPath[UUID], work: NamedDependency[Work], frame_log: NamedDependency[FrameLog]
) -> None:
    """Drop the frames that were kept of a device."""
    device = await DEVICES.get(work.connection, work.scope, device_id)
    frame_log.forget(device.id)


def _view(frame: Frame) -> FrameView:
    return FrameView(
        number=frame.number,
        time=time_of(frame.time_ms),
        direction=frame.direction,
        transport=frame.transport,
        address=frame.address,
        hex=frame.data.hex(),
        messages=[line for message in frame.messages for line in message_lines(message)],
        error=frame.error,
    )


ROUTER = Router("/", route_handlers=[list_device_frames, forget_device_frames], tags=["Devices"])
