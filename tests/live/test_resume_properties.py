"""Whatever happens to a connection, its client ends with the truth and every event once."""

import json
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from milepost.live.requests import Place
from milepost.live.subscribing import Start
from milepost.live.viewer import Viewer
from tests.live.desk import Desk, snapshot
from tests.live.fleet import NORTH, SOUTH, TENANT, state, vehicle_id

VEHICLES = range(4)
FLEETS = st.sampled_from([NORTH, SOUTH])
AUDIENCES = {"fleet:all": None, f"fleet:{NORTH}": frozenset({NORTH})}


class Client:
    """What a client written from docs/live.md keeps of one channel."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.vehicles: dict[str, float] = {}
        self.events: list[int] = []
        self.place: Place | None = None
        self.viewer: Viewer | None = None
        self.owed_from = 0

    def connect(self, desk: Desk, emitted: int, *, is_cut_before_the_answer: bool) -> None:
        self.viewer = desk.viewer()
        start = desk.watch(self.viewer, self.name, fleets=AUDIENCES[self.name], resume=self.place)
        if is_cut_before_the_answer:
            self.disconnect(desk)
            return
        if not start.recovered:
            self.owed_from = emitted
        self._take_over(start)

    def subscribe_again(self, desk: Desk) -> None:
        assert self.viewer is not None
        self._take_over(desk.watch(self.viewer, self.name, fleets=AUDIENCES[self.name]))

    def _take_over(self, start: Start) -> None:
        if start.vehicles is not None:
            data = snapshot(start)
            self.vehicles = {each["vehicleId"]: each["speedKmh"] for each in data["vehicles"]}
        self.place = Place(start.topic.epoch, start.offset)

    def disconnect(self, desk: Desk) -> None:
        if self.viewer is not None:
            desk.hub.leave(self.viewer)
            self.viewer = None

    def read_frame(self) -> bool:
        frame = None if self.viewer is None else self.viewer.take()
        if frame is None:
            return False
        for message in json.loads(frame)["messages"]:
            self._hear(message)
        return True

    def _hear(self, message: dict[str, object]) -> None:
        assert message["channel"] == self.name
        data = message["data"]
        assert isinstance(data, dict)
        if message["event"] == "fleet_telemetry_update":
            self.vehicles[data["vehicleId"]] = data["speedKmh"]
        elif message["event"] == "fleet_vehicle_removed":
            self.vehicles.pop(data["vehicleId"], None)
        else:
            self.events.append(data["n"])
        assert self.place is not None
        assert message["epoch"] == self.place.epoch
        offset = message["offset"]
        assert isinstance(offset, int)
        self.place = Place(self.place.epoch, max(self.place.offset, offset))


class Connections(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(history_events=5, history_age_s=10.0, slice_vehicles=1)
        self.clients = [Client(name) for name in AUDIENCES]
        self.truth: dict[int, tuple[UUID, float]] = {}
        self.emitted: list[UUID] = []
        self.tick = 0.0

    @initialize(numbers=st.sets(st.sampled_from(VEHICLES)))
    def before_the_first_viewer(self, numbers: set[int]) -> None:
        for number in sorted(numbers):
            self.truth[number] = (NORTH, 0.5)
        self.desk.hub.seed([(TENANT, state(n, speed_kmh=0.5)) for n in sorted(numbers)])

    @rule(number=st.sampled_from(VEHICLES), fleet_id=FLEETS)
    def report(self, number: int, fleet_id: UUID) -> None:
        self.tick += 1.0
        self.truth[number] = (fleet_id, self.tick)
        self.desk.report(number, fleet_id=fleet_id, speed_kmh=self.tick)

    @rule(numbers=st.sets(st.sampled_from(VEHICLES), min_size=2), fleet_id=FLEETS)
    def report_several(self, numbers: set[int], fleet_id: UUID) -> None:
        for number in sorted(numbers):
            self.report(number, fleet_id)

    @rule(number=st.sampled_from(VEHICLES), fleet_id=FLEETS)
    def move(self, number: int, fleet_id: UUID) -> None:
        self.desk.hub.move(vehicle_id(number), fleet_id)
        if number in self.truth:
            self.truth[number] = (fleet_id, self.truth[number][1])

    @rule(number=st.sampled_from(VEHICLES))
    def remove(self, number: int) -> None:
        self.desk.hub.remove(vehicle_id(number))
        self.truth.pop(number, None)

    @rule(fleet_id=FLEETS)
    def event(self, fleet_id: UUID) -> None:
        data = {"n": len(self.emitted)}
        self.emitted.append(fleet_id)
        self.desk.hub.event(TENANT, [f"fleet:{fleet_id}"], "alarm", data)

    @rule()
    def flush(self) -> None:
        self.desk.hub.flush()

    @rule(seconds=st.sampled_from([1.0, 20.0]))
    def time_passes(self, seconds: float) -> None:
        self.desk.now_s += seconds
        self.desk.hub.forget_idle()

    @rule(which=st.integers(0, 1), cut=st.booleans())
    def connect(self, which: int, cut: bool) -> None:
        client = self.clients[which]
        if client.viewer is None:
            client.connect(self.desk, len(self.emitted), is_cut_before_the_answer=cut)

    @rule(which=st.integers(0, 1))
    def subscribe_again(self, which: int) -> None:
        if self.clients[which].viewer is not None:
            self.clients[which].subscribe_again(self.desk)

    @rule(which=st.integers(0, 1))
    def disconnect(self, which: int) -> None:
        self.clients[which].disconnect(self.desk)

    @rule(which=st.integers(0, 1))
    def read(self, which: int) -> None:
        self.clients[which].read_frame()

    @rule(which=st.integers(0, 1))
    def connect_and_read_all(self, which: int) -> None:
        client = self.clients[which]
        if client.viewer is None:
            client.connect(self.desk, len(self.emitted), is_cut_before_the_answer=False)
        while client.read_frame():
            pass

    @rule(which=st.integers(0, 1), frames=st.integers(0, 2), again=st.booleans())
    def flush_and_cut_after_some_frames(self, which: int, frames: int, again: bool) -> None:
        self.desk.hub.flush()
        client = self.clients[which]
        if again:
            self.subscribe_again(which)
        for _ in range(frames):
            client.read_frame()
        client.disconnect(self.desk)

    @invariant()
    def no_event_comes_twice_or_out_of_order(self) -> None:
        for client in self.clients:
            assert client.events == sorted(set(client.events))

    def teardown(self) -> None:
        for client in self.clients:
            if client.viewer is None:
                client.connect(self.desk, len(self.emitted), is_cut_before_the_answer=False)
        self.desk.hub.flush()
        for client in self.clients:
            while client.read_frame():
                pass
            self._check(client)

    def _check(self, client: Client) -> None:
        fleets = AUDIENCES[client.name]
        assert client.vehicles == {
            str(vehicle_id(number)): speed_kmh
            for number, (fleet_id, speed_kmh) in self.truth.items()
            if fleets is None or fleet_id in fleets
        }
        owed = [
            n
            for n, fleet_id in enumerate(self.emitted)
            if n >= client.owed_from and (fleets is None or fleet_id in fleets)
        ]
        assert [n for n in client.events if n >= client.owed_from] == owed


TestConnections = Connections.TestCase
TestConnections.settings = settings(max_examples=300, stateful_step_count=60, deadline=None)
