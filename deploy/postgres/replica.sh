#!/bin/bash
# Starts a replica of $PRIMARY; copies everything first where there is nothing yet.
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  until PGPASSWORD=$REPLICATION_PASSWORD pg_basebackup --pgdata="$PGDATA" --write-recovery-conf --checkpoint=fast \
    --slot=replica --dbname="host=$PRIMARY user=replication application_name=replica"; do
    echo "the primary does not answer yet" >&2
    sleep 2
  done
  chmod 700 "$PGDATA"
fi
exec postgres -c config_file=/etc/postgresql/postgresql.conf
