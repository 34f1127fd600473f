"""The VSS paths of body, cabin and lights that Milepost uses; all are truth values or percent.

Source: COVESA Vehicle Signal Specification 6.0, spec/Body, spec/Cabin; see `vss`.
"""

_BODY = "Vehicle.Body"
_CABIN = "Vehicle.Cabin"
_LIGHTS = f"{_BODY}.Lights"

_SEATS = [f"Row{row}.{side}" for row in (1, 2) for side in ("DriverSide", "PassengerSide")]

SWITCHES: dict[str, str] = {
    f"{_BODY}.Horn.IsActive": "horn",
    f"{_BODY}.Hood.IsOpen": "whether the hood is open",
    f"{_BODY}.Trunk.Front.IsOpen": "whether the front trunk is open",
    f"{_BODY}.Trunk.Rear.IsOpen": "whether the trunk is open",
    f"{_BODY}.Trunk.Rear.IsLocked": "whether the trunk is locked",
    f"{_BODY}.Windshield.Front.WasherFluid.IsLevelLow": "low level of washer fluid",
    f"{_LIGHTS}.Beam.Low.IsOn": "low beam",
    f"{_LIGHTS}.Beam.High.IsOn": "high beam",
    f"{_LIGHTS}.Running.IsOn": "daytime running lights",
    f"{_LIGHTS}.Backup.IsOn": "reversing lights",
    f"{_LIGHTS}.Parking.IsOn": "parking lights",
    f"{_LIGHTS}.Fog.Front.IsOn": "front fog lights",
    f"{_LIGHTS}.Fog.Rear.IsOn": "rear fog lights",
    f"{_LIGHTS}.Hazard.IsSignaling": "hazard lights",
    f"{_LIGHTS}.DirectionIndicator.Left.IsSignaling": "left indicator",
    f"{_LIGHTS}.DirectionIndicator.Right.IsSignaling": "right indicator",
    f"{_CABIN}.HVAC.IsAirConditioningActive": "air conditioning",
    **{f"{_CABIN}.Door.{seat}.IsOpen": "whether a door is open" for seat in _SEATS},
    **{f"{_CABIN}.Door.{seat}.IsLocked": "whether a door is locked" for seat in _SEATS},
    **{f"{_CABIN}.Door.{seat}.Window.IsOpen": "whether a window is open" for seat in _SEATS},
    **{f"{_CABIN}.Seat.{seat}.IsBelted": "whether a belt is fastened" for seat in _SEATS},
    **{f"{_CABIN}.Seat.{seat}.IsOccupied": "whether a seat is taken" for seat in _SEATS},
    "Vehicle.Chassis.Brake.IsDriverEmergencyBrakingDetected": "emergency braking by the driver",
    "Vehicle.Powertrain.TractionBattery.Charging.IsDischarging": "whether it feeds the grid",
    "Vehicle.ADAS.ABS.IsEnabled": "whether anti-lock braking is switched on",
    "Vehicle.ADAS.ESC.IsEngaged": "whether stability control regulates",
    "Vehicle.ADAS.TCS.IsEnabled": "whether traction control is switched on",
}

PERCENTAGES: dict[str, str] = {
    f"{_BODY}.Raindetection.Intensity": "rain",
    f"{_BODY}.Windshield.Front.WasherFluid.Level": "washer fluid",
    "Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.FluidLevel": "brake fluid",
}
