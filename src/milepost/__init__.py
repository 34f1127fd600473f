"""Milepost: an open, self-hosted fleet-telematics platform."""
