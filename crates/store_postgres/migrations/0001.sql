-- Texts are kept as bytes, so that they sort by bytes everywhere, whatever the collation and the encoding of the
-- database; `convert_from(k, 'UTF8')` shows them.
--
-- What belongs to an account is led by `space`, the account with a slash at its end: rows are shared out over shards
-- by account, and (space, k) sorts as the path `account/mode/kind/id` does.

-- `k` is `mode/kind/id`. `stamp` differs for each write, so that a node that holds a body can ask whether it is still
-- the one. `keys` holds every index key of the document, for its deletion.
CREATE TABLE IF NOT EXISTS objects (
    space bytea NOT NULL,
    k bytea NOT NULL,
    version bigint NOT NULL,
    stamp bigint NOT NULL,
    expires bigint,
    keys bytea,
    body bytea NOT NULL,
    PRIMARY KEY (space, k)
);
CREATE INDEX IF NOT EXISTS objects_expires ON objects (expires) WHERE expires IS NOT NULL;

-- `k` is `mode/kind/index=value`.
CREATE TABLE IF NOT EXISTS listed (
    space bytea NOT NULL,
    k bytea NOT NULL,
    id bytea NOT NULL,
    PRIMARY KEY (space, k, id)
);

CREATE TABLE IF NOT EXISTS counters (
    space bytea NOT NULL,
    k bytea NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (space, k)
);

-- Two tables are not led by an account, because their questions are not.
--
-- Whether a unique key is free is a question to the whole installation, whoever asks. `k` is `index=value`, so the
-- rows are shared out by value; under the account of the house they would all lie in one shard.
CREATE TABLE IF NOT EXISTS uniques (
    k bytea NOT NULL PRIMARY KEY,
    space bytea NOT NULL,
    owner bytea NOT NULL
);

-- Work is taken in the order of its time, whosever it is; led by accounts, each claim would ask every shard and lock
-- rows in several, which not every database can. `queue` has a slash at its end; the account leads `id`.
CREATE TABLE IF NOT EXISTS due (
    queue bytea NOT NULL,
    at_ms bigint NOT NULL,
    id bytea NOT NULL,
    body bytea NOT NULL,
    lease_until_ms bigint,
    holder bytea,
    PRIMARY KEY (queue, at_ms, id)
);

-- Nodes that live; the leases of others have ended.
CREATE TABLE IF NOT EXISTS nodes (
    id bytea NOT NULL PRIMARY KEY,
    seen timestamptz NOT NULL
);

-- Whether a transaction whose answer was lost has happened: it writes its token, and who looks for it writes it
-- `fenced`. Whichever comes first has decided.
CREATE TABLE IF NOT EXISTS batches (
    token bytea NOT NULL PRIMARY KEY,
    fenced boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
