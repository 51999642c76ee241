CREATE TABLE layer (
  account_id TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  last_version INTEGER NOT NULL, -- stays when versions are deleted
  PRIMARY KEY (account_id, region, name)
);
CREATE TABLE layer_version (
  account_id TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  revision_id TEXT NOT NULL,
  body TEXT NOT NULL,
  package TEXT NOT NULL,
  PRIMARY KEY (account_id, region, name, version)
);
