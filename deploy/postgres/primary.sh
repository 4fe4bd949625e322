#!/bin/bash
# Runs once, when the primary's directory is made: the two roles, the database, and the slot of the replica.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --username postgres \
  --set tollbridge="$TOLLBRIDGE_DB_PASSWORD" --set replication="$REPLICATION_PASSWORD" <<'SQL'
-- The replica that every commit waits for does not exist yet.
SET synchronous_commit = local;
CREATE ROLE tollbridge LOGIN PASSWORD :'tollbridge';
CREATE ROLE replication LOGIN REPLICATION PASSWORD :'replication';
CREATE DATABASE tollbridge OWNER tollbridge;
SELECT pg_create_physical_replication_slot('replica');
SQL
