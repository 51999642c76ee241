-- Published versions beside $LATEST, aliases, and what else is kept of a function or of itself.
CREATE TABLE version (
  account_id TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  number INTEGER NOT NULL,  -- 0 is $LATEST
  revision_id TEXT NOT NULL,
  configured TEXT NOT NULL,
  configured_package TEXT NOT NULL,
  active TEXT,
  active_package TEXT,
  last_published INTEGER NOT NULL DEFAULT 0,  -- of $LATEST: a number is never given twice
  PRIMARY KEY (account_id, region, name, number)
);
INSERT INTO version (account_id, region, name, number, revision_id, configured, configured_package, active, active_package)
SELECT account_id, region, name, 0, revision_id, configured, configured_package, active, active_package FROM function;
DROP TABLE function;
CREATE TABLE alias (
  account_id TEXT NOT NULL,
  region TEXT NOT NULL,
  function TEXT NOT NULL,
  name TEXT NOT NULL,
  revision_id TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (account_id, region, function, name)
);
CREATE TABLE record (
  kind TEXT NOT NULL,
  account_id TEXT NOT NULL,
  region TEXT NOT NULL,
  function TEXT NOT NULL,   -- empty: it stands for itself and outlives functions
  id TEXT NOT NULL,         -- of a function's record its qualifier, empty for the function as a whole
  revision INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (kind, account_id, region, function, id)
);
CREATE INDEX record_of_function ON record (account_id, region, function);
