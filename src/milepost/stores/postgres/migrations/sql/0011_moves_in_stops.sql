-- What was driven within a stay, in moves too short for a trip.
ALTER TABLE stops
  ADD COLUMN distance_m double precision NOT NULL DEFAULT 0,
  ADD COLUMN driving_s double precision NOT NULL DEFAULT 0;
