CREATE TABLE function (
  account_id TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  revision_id TEXT NOT NULL,
  configured TEXT NOT NULL,
  configured_package TEXT NOT NULL,
  active TEXT,
  active_package TEXT,
  PRIMARY KEY (account_id, region, name)
);
