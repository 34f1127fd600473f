"""A seeded world that knows the truth: vehicles drive in it, and imperfect devices report them.

`World.make` in `world.py` is the entrance. docs/world.md says what the world has.
"""
