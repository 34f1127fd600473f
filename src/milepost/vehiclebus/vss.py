"""The VSS paths that Milepost uses: path -> unit and meaning.

`Vehicle.OBD` left the standard tree with version 6.0 and is an overlay since (`overlays/` of the
specification); it is used where the tree has no name for a quantity. So each quantity has one path:
the overlay's `MAP`, `Speed` and their like are left out. A truth value is 0 or 1 and has no unit,
like a count.

Source: COVESA Vehicle Signal Specification 6.0, spec/**/*.vspec and its OBD overlay; the unit names
are those of spec/units.yaml (`Celsius` is written with a capital since 6.0).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from milepost.vehiclebus.vss_body import PERCENTAGES, SWITCHES


class Leaf(NamedTuple):
    """A signal of the tree."""

    unit: str
    meaning: str


_ENGINE = "Vehicle.Powertrain.CombustionEngine"
_FUEL = "Vehicle.Powertrain.FuelSystem"
_GEARBOX = "Vehicle.Powertrain.Transmission"
_TRACTION = "Vehicle.Powertrain.TractionBattery"
_OBD = "Vehicle.OBD"

_VEHICLE = {
    "Vehicle.Speed": Leaf("km/h", "speed"),
    "Vehicle.AverageSpeed": Leaf("km/h", "average speed of the trip"),
    "Vehicle.IsMoving": Leaf("", "whether the vehicle moves"),
    "Vehicle.IsBrokenDown": Leaf("", "whether the vehicle has broken down"),
    "Vehicle.TraveledDistance": Leaf("m", "odometer"),
    "Vehicle.TraveledDistanceSinceStart": Leaf("m", "distance of the current trip"),
    "Vehicle.TripMeterReading": Leaf("m", "trip meter, which the driver resets"),
    "Vehicle.TripDuration": Leaf("s", "duration of the latest trip"),
    "Vehicle.CurrentOverallWeight": Leaf("kg", "weight with load"),
    "Vehicle.Acceleration.Longitudinal": Leaf("m/s^2", "acceleration forwards"),
    "Vehicle.Acceleration.Lateral": Leaf("m/s^2", "acceleration to the left"),
    "Vehicle.Acceleration.Vertical": Leaf("m/s^2", "acceleration upwards"),
    "Vehicle.AngularVelocity.Roll": Leaf("degrees/s", "rotation about the forward axis"),
    "Vehicle.AngularVelocity.Pitch": Leaf("degrees/s", "rotation about the left axis"),
    "Vehicle.AngularVelocity.Yaw": Leaf("degrees/s", "rotation about the upward axis"),
    "Vehicle.CurrentLocation.Latitude": Leaf("degrees", "latitude in WGS 84"),
    "Vehicle.CurrentLocation.Longitude": Leaf("degrees", "longitude in WGS 84"),
    "Vehicle.CurrentLocation.Altitude": Leaf("m", "altitude over the ellipsoid"),
    "Vehicle.CurrentLocation.Heading": Leaf("degrees", "course from geographic north"),
    "Vehicle.CurrentLocation.HorizontalAccuracy": Leaf("m", "error of the place"),
    "Vehicle.CurrentLocation.VerticalAccuracy": Leaf("m", "error of the altitude"),
    "Vehicle.LowVoltageBattery.CurrentVoltage": Leaf("V", "supply voltage"),
    "Vehicle.LowVoltageBattery.CurrentCurrent": Leaf("A", "current into the supply battery"),
    "Vehicle.VehicleIdentification.VIN": Leaf("", "vehicle identification number"),
    "Vehicle.Diagnostics.DTCCount": Leaf("", "number of trouble codes"),
    "Vehicle.Diagnostics.DTCList": Leaf("", "active trouble codes"),
    "Vehicle.Exterior.AirTemperature": Leaf("Celsius", "air outside"),
    "Vehicle.Exterior.Humidity": Leaf("percent", "relative humidity outside"),
    "Vehicle.Cabin.HVAC.AmbientAirTemperature": Leaf("Celsius", "air in the cabin"),
    "Vehicle.Trailer.IsConnected": Leaf("", "whether a trailer is coupled"),
    "Vehicle.ADAS.CruiseControl.IsActive": Leaf("", "whether cruise control regulates"),
    "Vehicle.ADAS.CruiseControl.IsEnabled": Leaf("", "whether cruise control is switched on"),
    "Vehicle.ADAS.CruiseControl.SpeedSet": Leaf("km/h", "speed that cruise control holds"),
    "Vehicle.ADAS.ABS.IsEngaged": Leaf("", "whether anti-lock braking regulates"),
    "Vehicle.ADAS.TCS.IsEngaged": Leaf("", "whether traction control regulates"),
    "Vehicle.Chassis.Accelerator.PedalPosition": Leaf("percent", "accelerator pedal"),
    "Vehicle.Chassis.Brake.PedalPosition": Leaf("percent", "brake pedal"),
    "Vehicle.Chassis.ParkingBrake.IsEngaged": Leaf("", "whether the parking brake holds"),
    "Vehicle.Chassis.SteeringWheel.Angle": Leaf("degrees", "steering wheel, positive to the left"),
    **{
        f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.{leaf}": Leaf(unit, f"{meaning} of a wheel")
        for row in (1, 2)
        for side in ("Left", "Right")
        for leaf, unit, meaning in (
            ("Tire.Pressure", "kPa", "tire pressure"),
            ("Tire.AirTemperature", "Celsius", "air in the tire"),
            ("Tire.IsPressureLow", "", "low pressure"),
            ("Speed", "km/h", "speed"),
            ("Brake.PadWear", "percent", "wear of the brake pad"),
        )
    },
}

_POWERTRAIN = {
    f"{_ENGINE}.Speed": Leaf("rpm", "engine speed"),
    f"{_ENGINE}.IsRunning": Leaf("", "whether the engine turns"),
    f"{_ENGINE}.EngineHours": Leaf("h", "hours that the engine has run"),
    f"{_ENGINE}.IdleHours": Leaf("h", "hours that the engine has idled"),
    f"{_ENGINE}.EngineCoolant.Temperature": Leaf("Celsius", "coolant"),
    f"{_ENGINE}.EngineOil.Temperature": Leaf("Celsius", "engine oil"),
    f"{_ENGINE}.EOP": Leaf("kPa", "oil pressure"),
    f"{_ENGINE}.MAP": Leaf("kPa", "absolute pressure in the intake manifold"),
    f"{_ENGINE}.MAF": Leaf("g/s", "mass flow of intake air"),
    f"{_ENGINE}.TPS": Leaf("percent", "throttle"),
    f"{_ENGINE}.Torque": Leaf("Nm", "torque"),
    f"{_ENGINE}.Power": Leaf("kW", "power"),
    f"{_ENGINE}.DieselExhaustFluid.Level": Leaf("percent", "level of exhaust fluid"),
    f"{_ENGINE}.DieselExhaustFluid.IsLevelLow": Leaf("", "low level of exhaust fluid"),
    f"{_ENGINE}.DieselExhaustFluid.Range": Leaf("m", "range with the exhaust fluid left"),
    f"{_ENGINE}.DieselParticulateFilter.InletTemperature": Leaf("Celsius", "before the filter"),
    f"{_ENGINE}.DieselParticulateFilter.OutletTemperature": Leaf("Celsius", "behind the filter"),
    f"{_ENGINE}.DieselParticulateFilter.DeltaPressure": Leaf("Pa", "pressure across the filter"),
    f"{_FUEL}.RelativeLevel": Leaf("percent", "fuel level"),
    f"{_FUEL}.AbsoluteLevel": Leaf("l", "fuel in the tank"),
    f"{_FUEL}.Range": Leaf("m", "range with the fuel left"),
    f"{_FUEL}.IsFuelLevelLow": Leaf("", "low fuel level"),
    f"{_FUEL}.InstantConsumption": Leaf("l/100km", "consumption now"),
    f"{_FUEL}.AverageConsumption": Leaf("l/100km", "average consumption"),
    f"{_FUEL}.ConsumptionSinceStart": Leaf("l", "fuel used on the trip"),
    # VSS 6.0 spells it so; 6.1 corrects it.
    f"{_FUEL}.InstantantFuelEconomy": Leaf("km/l", "economy now"),
    f"{_FUEL}.CumulativeFuelEconomy": Leaf("km/l", "average economy"),
    f"{_GEARBOX}.CurrentGear": Leaf("", "gear: 0 neutral, negative reverse"),
    f"{_GEARBOX}.SelectedGear": Leaf("", "chosen gear: 126 park, 127 drive"),
    f"{_GEARBOX}.Temperature": Leaf("Celsius", "oil of the gearbox"),
    f"{_GEARBOX}.ClutchEngagement": Leaf("percent", "how far the clutch is engaged"),
    f"{_GEARBOX}.ClutchWear": Leaf("percent", "wear of the clutch"),
    "Vehicle.Powertrain.Range": Leaf("m", "range with all energy on board"),
    f"{_TRACTION}.StateOfCharge.Current": Leaf("percent", "state of charge"),
    f"{_TRACTION}.StateOfCharge.Displayed": Leaf("percent", "state of charge as shown"),
    f"{_TRACTION}.StateOfHealth": Leaf("percent", "state of health"),
    f"{_TRACTION}.CurrentVoltage": Leaf("V", "voltage"),
    f"{_TRACTION}.CurrentCurrent": Leaf("A", "current, positive into the battery"),
    f"{_TRACTION}.CurrentPower": Leaf("W", "power, positive into the battery"),
    f"{_TRACTION}.Range": Leaf("m", "range with the charge left"),
    f"{_TRACTION}.Temperature.Average": Leaf("Celsius", "mean temperature of the cells"),
    f"{_TRACTION}.Temperature.Min": Leaf("Celsius", "coldest cell"),
    f"{_TRACTION}.Temperature.Max": Leaf("Celsius", "warmest cell"),
    f"{_TRACTION}.CellVoltage.Min": Leaf("V", "lowest voltage of a cell"),
    f"{_TRACTION}.CellVoltage.Max": Leaf("V", "highest voltage of a cell"),
    f"{_TRACTION}.CellVoltage.IdMin": Leaf("", "number of the cell with the lowest voltage"),
    f"{_TRACTION}.CellVoltage.IdMax": Leaf("", "number of the cell with the highest voltage"),
    f"{_TRACTION}.AccumulatedChargedEnergy": Leaf("kWh", "energy charged in its life"),
    f"{_TRACTION}.AccumulatedConsumedEnergy": Leaf("kWh", "energy used in its life"),
    f"{_TRACTION}.Charging.IsCharging": Leaf("", "whether it is charged"),
}

_OVERLAY = {
    f"{_OBD}.{name}": Leaf(unit, f"PID {pid}: {meaning}")
    for name, unit, pid, meaning in (
        ("Status.IsMILOn", "", "01", "malfunction lamp"),
        ("Status.IgnitionType", "", "01", "spark or compression"),
        ("FreezeDTC", "", "02", "trouble code of the freeze frame"),
        ("FuelStatus", "", "03", "state of the fuel system"),
        ("EngineLoad", "percent", "04", "engine load"),
        ("ShortTermFuelTrim1", "percent", "06", "short-term trim, bank 1"),
        ("LongTermFuelTrim1", "percent", "07", "long-term trim, bank 1"),
        ("ShortTermFuelTrim2", "percent", "08", "short-term trim, bank 2"),
        ("LongTermFuelTrim2", "percent", "09", "long-term trim, bank 2"),
        ("FuelPressure", "kPa", "0A", "fuel pressure"),
        ("TimingAdvance", "degrees", "0E", "timing advance"),
        ("IntakeTemp", "Celsius", "0F", "intake air"),
        ("AirStatus", "", "12", "secondary air"),
        ("OxygenSensorsIn2Banks", "", "13", "oxygen sensors present"),
        ("OBDStandards", "", "1C", "standard that the vehicle meets"),
        ("OxygenSensorsIn4Banks", "", "1D", "oxygen sensors present"),
        ("IsPTOActive", "", "1E", "power take-off"),
        ("RunTime", "s", "1F", "time since engine start"),
        ("DistanceWithMIL", "km", "21", "distance with the lamp on"),
        ("FuelRailPressureVac", "kPa", "22", "fuel rail, relative to the manifold"),
        ("FuelRailPressureDirect", "kPa", "23", "fuel rail, direct injection"),
        ("CommandedEGR", "percent", "2C", "exhaust gas recirculation asked for"),
        ("EGRError", "percent", "2D", "error of exhaust gas recirculation"),
        ("CommandedEVAP", "percent", "2E", "evaporative purge asked for"),
        ("WarmupsSinceDTCClear", "", "30", "warm-ups since codes were cleared"),
        ("DistanceSinceDTCClear", "km", "31", "distance since codes were cleared"),
        ("EVAPVaporPressure", "Pa", "32", "vapour pressure"),
        ("BarometricPressure", "kPa", "33", "barometric pressure"),
        ("Catalyst.Bank1.Temperature1", "Celsius", "3C", "catalyst, bank 1 sensor 1"),
        ("Catalyst.Bank2.Temperature1", "Celsius", "3D", "catalyst, bank 2 sensor 1"),
        ("Catalyst.Bank1.Temperature2", "Celsius", "3E", "catalyst, bank 1 sensor 2"),
        ("Catalyst.Bank2.Temperature2", "Celsius", "3F", "catalyst, bank 2 sensor 2"),
        ("DriveCycleStatus.IsMILOn", "", "41", "malfunction lamp in this cycle"),
        ("DriveCycleStatus.DTCCount", "", "41", "trouble codes in this cycle"),
        ("DriveCycleStatus.IgnitionType", "", "41", "spark or compression"),
        ("ControlModuleVoltage", "V", "42", "supply of the control module"),
        ("AbsoluteLoad", "percent", "43", "absolute load"),
        ("CommandedEquivalenceRatio", "ratio", "44", "equivalence ratio asked for"),
        ("RelativeThrottlePosition", "percent", "45", "relative throttle"),
        ("ThrottlePositionB", "percent", "47", "throttle B"),
        ("ThrottlePositionC", "percent", "48", "throttle C"),
        ("AcceleratorPositionD", "percent", "49", "accelerator pedal D"),
        ("AcceleratorPositionE", "percent", "4A", "accelerator pedal E"),
        ("AcceleratorPositionF", "percent", "4B", "accelerator pedal F"),
        ("ThrottleActuator", "percent", "4C", "throttle asked for"),
        ("RunTimeMIL", "min", "4D", "time with the lamp on"),
        ("TimeSinceDTCCleared", "min", "4E", "time since codes were cleared"),
        ("MaxMAF", "g/s", "50", "greatest mass air flow"),
        ("FuelType", "", "51", "kind of fuel"),
        ("EthanolPercent", "percent", "52", "ethanol in the fuel"),
        ("EVAPVaporPressureAbsolute", "kPa", "53", "absolute vapour pressure"),
        ("EVAPVaporPressureAlternate", "Pa", "54", "vapour pressure, wide range"),
        ("ShortTermO2Trim1", "percent", "55", "short-term oxygen trim, bank 1"),
        ("ShortTermO2Trim3", "percent", "55", "short-term oxygen trim, bank 3"),
        ("LongTermO2Trim1", "percent", "56", "long-term oxygen trim, bank 1"),
        ("LongTermO2Trim3", "percent", "56", "long-term oxygen trim, bank 3"),
        ("ShortTermO2Trim2", "percent", "57", "short-term oxygen trim, bank 2"),
        ("ShortTermO2Trim4", "percent", "57", "short-term oxygen trim, bank 4"),
        ("LongTermO2Trim2", "percent", "58", "long-term oxygen trim, bank 2"),
        ("LongTermO2Trim4", "percent", "58", "long-term oxygen trim, bank 4"),
        ("FuelRailPressureAbsolute", "kPa", "59", "fuel rail, absolute"),
        ("RelativeAcceleratorPosition", "percent", "5A", "relative accelerator pedal"),
        ("HybridBatteryRemaining", "percent", "5B", "charge of the hybrid battery"),
        ("FuelInjectionTiming", "degrees", "5D", "injection timing"),
        ("FuelRate", "l/h", "5E", "fuel rate"),
        *((f"O2.Sensor{n}.Voltage", "V", f"{0x13 + n:02X}", "voltage") for n in range(1, 9)),
        *(
            (f"O2.Sensor{n}.ShortTermFuelTrim", "percent", f"{0x13 + n:02X}", "trim")
            for n in range(1, 9)
        ),
        *((f"O2WR.Sensor{n}.Lambda", "", f"{0x23 + n:02X}", "lambda") for n in range(1, 9)),
        *((f"O2WR.Sensor{n}.Voltage", "V", f"{0x23 + n:02X}", "voltage") for n in range(1, 9)),
        *((f"O2WR.Sensor{n}.Current", "A", f"{0x33 + n:02X}", "current") for n in range(1, 9)),
    )
}

_BODY = {
    **{path: Leaf("", meaning) for path, meaning in SWITCHES.items()},
    **{path: Leaf("percent", meaning) for path, meaning in PERCENTAGES.items()},
}

PATHS: Mapping[str, Leaf] = MappingProxyType({**_VEHICLE, **_POWERTRAIN, **_BODY, **_OVERLAY})
