"""What the reader of `logs.db` asks."""

from typing import Final

GROUPS: Final = """
SELECT name, created_ms, stored_bytes FROM log_group
 WHERE account_id = :account_id AND region = :region AND name > :after
   AND substr(name, 1, length(:prefix)) = :prefix AND instr(name, :pattern) > 0
 ORDER BY name LIMIT :limit"""

FIND_GROUP: Final = """
SELECT id FROM log_group WHERE account_id = :account_id AND region = :region AND name = :group"""

STREAMS_BY_NAME: Final = """
SELECT name, created_ms, first_event_ms, last_event_ms, last_ingestion_ms, stored_bytes
  FROM log_stream
 WHERE group_id = :group_id AND substr(name, 1, length(:prefix)) = :prefix
   AND (:after_name IS NULL OR name > :after_name)
 ORDER BY name LIMIT :limit"""

STREAMS_BY_NAME_DESCENDING: Final = """
SELECT name, created_ms, first_event_ms, last_event_ms, last_ingestion_ms, stored_bytes
  FROM log_stream
 WHERE group_id = :group_id AND substr(name, 1, length(:prefix)) = :prefix
   AND (:after_name IS NULL OR name < :after_name)
 ORDER BY name DESC LIMIT :limit"""

STREAMS_BY_EVENT: Final = """
SELECT name, created_ms, first_event_ms, last_event_ms, last_ingestion_ms, stored_bytes
  FROM log_stream
 WHERE group_id = :group_id AND substr(name, 1, length(:prefix)) = :prefix
   AND (:after_name IS NULL OR (last_event_ms, name) > (:after_ms, :after_name))
 ORDER BY last_event_ms, name LIMIT :limit"""

STREAMS_BY_EVENT_DESCENDING: Final = """
SELECT name, created_ms, first_event_ms, last_event_ms, last_ingestion_ms, stored_bytes
  FROM log_stream
 WHERE group_id = :group_id AND substr(name, 1, length(:prefix)) = :prefix
   AND (:after_name IS NULL OR (last_event_ms, name) < (:after_ms, :after_name))
 ORDER BY last_event_ms DESC, name DESC LIMIT :limit"""

FIND_STREAM: Final = "SELECT id FROM log_stream WHERE group_id = :group_id AND name = :name"

STREAM_IDS: Final = """
SELECT id FROM log_stream
 WHERE group_id = :group_id AND substr(name, 1, length(:prefix)) = :prefix
   AND (:names IS NULL OR name IN (SELECT value FROM json_each(:names)))"""

CHUNKS_FORWARD: Final = """
SELECT c.id, s.name, c.first_ms, c.last_ms, c.ingested_ms, c.lines
  FROM log_chunk c CROSS JOIN log_stream s ON s.id = c.stream_id
 WHERE c.stream_id = :stream_id AND c.id >= :from_id AND c.last_ms >= :start AND c.first_ms < :end
 ORDER BY c.id"""

CHUNKS_BACKWARD: Final = """
SELECT c.id, s.name, c.first_ms, c.last_ms, c.ingested_ms, c.lines
  FROM log_chunk c CROSS JOIN log_stream s ON s.id = c.stream_id
 WHERE c.stream_id = :stream_id AND c.id <= :from_id AND c.last_ms >= :start AND c.first_ms < :end
 ORDER BY c.id DESC"""

# The unary plus keeps the planner on the index that is in order: sorting would read every chunk first.
CHUNKS_OLDEST_FIRST: Final = """
SELECT c.id, s.name, c.first_ms, c.last_ms, c.ingested_ms, c.lines
  FROM log_chunk c CROSS JOIN log_stream s ON s.id = c.stream_id
 WHERE c.group_id = :group_id AND c.first_ms >= :reach AND c.first_ms < :end AND c.last_ms >= :start
   AND (:ids IS NULL OR +c.stream_id IN (SELECT value FROM json_each(:ids)))
 ORDER BY c.first_ms, c.id"""

CHUNKS_NEWEST_FIRST: Final = """
SELECT c.id, s.name, c.first_ms, c.last_ms, c.ingested_ms, c.lines
  FROM log_chunk c CROSS JOIN log_stream s ON s.id = c.stream_id
 WHERE c.group_id = :group_id AND c.last_ms >= :start AND c.last_ms < :reach AND c.first_ms < :end
   AND (:ids IS NULL OR +c.stream_id IN (SELECT value FROM json_each(:ids)))
 ORDER BY c.last_ms DESC, c.id DESC"""
