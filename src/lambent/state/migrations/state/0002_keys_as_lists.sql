-- A function's key was an object once and is a list now.
UPDATE function SET configured = json_set(configured, '$.key', json_array(
  json_extract(configured, '$.key.account_id'), json_extract(configured, '$.key.region'),
  json_extract(configured, '$.key.name'), json_extract(configured, '$.key.version')))
WHERE json_type(configured, '$.key') = 'object';
UPDATE function SET active = json_set(active, '$.key', json_array(
  json_extract(active, '$.key.account_id'), json_extract(active, '$.key.region'),
  json_extract(active, '$.key.name'), json_extract(active, '$.key.version')))
WHERE json_type(active, '$.key') = 'object';
