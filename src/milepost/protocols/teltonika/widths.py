"""How many bytes Teltonika's documents give an element's value.

The FMB6 family and older ones have other meanings under some ids; nearly always their value is of
another length, so what is of the wrong length is kept raw and not misread. An id that is not
listed may have any length.

Source: Teltonika wiki, "FMB120 Teltonika Data Sending Parameters ID", column Bytes.
"""

from collections.abc import Mapping

from milepost.protocols.teltonika.io_elements import GEOFENCES

_ONE = (
    *(1, 2, 3, 10, 21, 50, 69, 80, 113, 116, 179, 180, 200, 237, 239, 240, 263, 303, 380, 381),
    *(391, 637, 20, 22, 23, 29, 202, 204, 211, 213, 215),
    *(175, 236, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 318, *GEOFENCES),
    *range(30, 34),
    *(35, 37, 38, 39, 41, 46, 47, 48, 53, 57, 58, 410, 411, 540, 759, 1151),
    *(81, 82, 89, 111, 114, 136, 137, 138, 152, 160, 232, 235),
    *range(10804, 10824),
)
_TWO = (
    *(6, 9, 13, 15, 17, 18, 19, 24, 66, 67, 68, 181, 182, 205, 206, 243, 245),
    *(25, 26, 27, 28, 86, 104, 106, 108, 270, 273, 276, 279, 327, 335, 336, 337, 338),
    *(201, 203, 210, 212, 214),
    *(34, 36, 40, 42, 43, 44, 45, 49, 51, 52, 54, 55, 56, 59, 60, 541, 542, 543, 544),
    *(84, 85, 90, 110, 112, 115, *range(118, 123), 135, *range(139, 147), 151, 234),
    *range(10800, 10804),
    *range(10824, 10828),
    *range(10832, 10844),
)
_FOUR = (
    *(4, 5, 12, 16, 199, 241, 449, 636, 306, 307, 308, 309, 389, 755),
    *(83, 87, 100, 102, 103, 105, 107, 123, 133, 134, 233, 304, 305),
)

WIDTH_OF: Mapping[int, int] = {
    **dict.fromkeys(_ONE, 1),
    **dict.fromkeys(_TWO, 2),
    **dict.fromkeys(_FOUR, 4),
}
"""AVL id -> bytes of its value."""
