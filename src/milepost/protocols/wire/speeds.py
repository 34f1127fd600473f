"""Units of speed on the wire, in km/h."""

KMH_PER_KNOT = 1.852
KMH_PER_MILE_PER_HOUR = 1.609344
KMH_PER_METRE_PER_SECOND = 3.6
