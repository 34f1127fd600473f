"""What the codes inside OBD-II parameters stand for.

Source: SAE J1979-DA, annex B (PIDs 01, 03, 12, 1C, 51, 5F).
"""

IGNITION = {0: "SPARK", 1: "COMPRESSION"}

FUEL_SYSTEM = {
    0: "off",
    1: "open loop: engine cold",
    2: "closed loop with oxygen sensor",
    4: "open loop: load or fuel cut",
    8: "open loop: fault",
    16: "closed loop with a faulty sensor",
}

SECONDARY_AIR = {
    1: "before the catalyst",
    2: "behind the catalyst",
    4: "to the atmosphere or off",
    8: "pump on for diagnosis",
}

STANDARD = {
    1: "OBD II (California)",
    2: "OBD (US EPA)",
    3: "OBD and OBD II",
    4: "OBD I",
    5: "none",
    6: "EOBD",
    7: "EOBD and OBD II",
    8: "EOBD and OBD",
    9: "EOBD, OBD and OBD II",
    10: "JOBD",
    11: "JOBD and OBD II",
    12: "JOBD and EOBD",
    13: "JOBD, EOBD and OBD II",
    17: "EMD",
    18: "EMD+",
    19: "HD OBD-C",
    20: "HD OBD",
    21: "WWH OBD",
    23: "HD EOBD-I",
    24: "HD EOBD-I N",
    25: "HD EOBD-II",
    26: "HD EOBD-II N",
    28: "OBDBr-1",
    29: "OBDBr-2",
    30: "KOBD",
    31: "IOBD I",
    32: "IOBD II",
    33: "HD EOBD-VI",
    34: "OBD, OBD II and HD OBD",
    35: "OBDBr-3",
}

FUEL = {
    0: "none",
    1: "petrol",
    2: "methanol",
    3: "ethanol",
    4: "diesel",
    5: "LPG",
    6: "CNG",
    7: "propane",
    8: "electric",
    9: "bifuel on petrol",
    10: "bifuel on methanol",
    11: "bifuel on ethanol",
    12: "bifuel on LPG",
    13: "bifuel on CNG",
    14: "bifuel on propane",
    15: "bifuel on electricity",
    16: "bifuel on both",
    17: "hybrid, petrol",
    18: "hybrid, ethanol",
    19: "hybrid, diesel",
    20: "hybrid, electric",
    21: "hybrid, both",
    22: "hybrid, regenerating",
    23: "bifuel on diesel",
}

EMISSION = {
    14: "Euro VI B1",
    15: "Euro VI B2",
    16: "Euro VI C",
}
