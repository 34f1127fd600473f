-- What is acknowledged, and what is derived from it, must be on the disk and not only in the page
-- cache: after an insert, and after a merge, which deletes what it was made of. ClickHouse in the
-- process deletes at once unless it is told to keep the old parts (a server keeps them 480 s).
-- `durability.py` asserts at every start that the engine has these settings for every table.
ALTER TABLE positions MODIFY SETTING
  min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1,
  old_parts_lifetime = 480;

ALTER TABLE rollups MODIFY SETTING
  fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480;

ALTER TABLE day_totals MODIFY SETTING
  fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480;

ALTER TABLE last_states MODIFY SETTING
  fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480;

ALTER TABLE schema_migrations MODIFY SETTING
  fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1,
  min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 480;
