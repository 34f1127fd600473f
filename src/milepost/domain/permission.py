"""What a caller may do; `features/permissions.py` says which role includes it."""

from typing import Literal

Permission = Literal[
    "read",
    "read_people",
    "read_settings",
    "edit_vehicles",
    "edit_fleets",
    "edit_devices",
    "edit_drivers",
    "assign_drivers",
    "maintain_vehicles",
    "read_feed",
    "read_commands",
    "send_commands",
    "stop_engines",
    "administer",
]
