-- Events are kept in chunks: one row for what a stream was given in one commit, not a row for each line.
CREATE TABLE log_group (
  id INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account_id, region, name)
);

CREATE TABLE log_stream (
  id INTEGER PRIMARY KEY,
  group_id INTEGER NOT NULL REFERENCES log_group (id),
  name TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  first_event_ms INTEGER,
  last_event_ms INTEGER NOT NULL,
  last_ingestion_ms INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (group_id, name)
);
CREATE INDEX log_stream_by_last_event ON log_stream (group_id, last_event_ms, name);

-- AUTOINCREMENT: an id that the size cap took is never given again, so that a position names one event for ever.
CREATE TABLE log_chunk (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  group_id INTEGER NOT NULL REFERENCES log_group (id),
  stream_id INTEGER NOT NULL REFERENCES log_stream (id),
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  ingested_ms INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL,
  lines BLOB NOT NULL
);
CREATE INDEX log_chunk_by_stream ON log_chunk (stream_id);
CREATE INDEX log_chunk_by_first_ms ON log_chunk (group_id, first_ms, id, last_ms, stream_id);
CREATE INDEX log_chunk_by_last_ms ON log_chunk (group_id, last_ms, id, first_ms, stream_id);
