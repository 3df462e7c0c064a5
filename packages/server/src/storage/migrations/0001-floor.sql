-- Ids are Discord snowflakes: milliseconds since 2015, then 22 bits from one sequence, so that no two nodes ever mint the same.
CREATE EXTENSION IF NOT EXISTS citext;
CREATE SEQUENCE snowflake_sequence AS bigint MINVALUE 0 MAXVALUE 4194303 START 0 CYCLE CACHE 1;

CREATE FUNCTION snowflake() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT ((extract(epoch FROM clock_timestamp()) * 1000)::bigint - 1420070400000) << 22 | nextval('snowflake_sequence')
$$;

-- A snowflake later than `last`, even if the clock stepped back or the sequence wrapped within a millisecond.
CREATE FUNCTION snowflake_after(last bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE id bigint := snowflake();
BEGIN
  IF last IS NOT NULL AND id <= last THEN id := ((last >> 22) + 1) << 22 | (id & 4194303); END IF;
  RETURN id;
END $$;

CREATE TABLE instance_settings (
  key text PRIMARY KEY,
  value jsonb NOT NULL
);

-- Events of committed transactions that may not have reached the other nodes yet. Used only where there are other nodes.
CREATE TABLE outbox (
  id bigint PRIMARY KEY DEFAULT snowflake(),
  events jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Which process a job worker belongs to, so that jobs of a dead one can be taken over.
CREATE TABLE job_workers (
  worker_id text PRIMARY KEY,
  application_name text NOT NULL
);

-- Every account: people, applications' bots, characters.
CREATE TABLE users (
  id bigint PRIMARY KEY DEFAULT snowflake(),
  kind text NOT NULL CHECK (kind IN ('person', 'character', 'application')),
  username text NOT NULL,
  global_name text,
  avatar text,
  banner text,
  accent_color integer,
  bio text NOT NULL DEFAULT '',
  flags integer NOT NULL DEFAULT 0,
  locale text NOT NULL DEFAULT 'en-US',
  is_instance_owner boolean NOT NULL DEFAULT false,
  deleted_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_username ON users (lower(username)) WHERE kind = 'person';
CREATE UNIQUE INDEX users_instance_owner ON users (is_instance_owner) WHERE is_instance_owner;

-- The four tables of better-auth. `auth_sessions.token` holds a SHA-256, never the token.
CREATE TABLE auth_users (
  id bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  name text NOT NULL,
  email text NOT NULL UNIQUE,
  email_verified boolean NOT NULL DEFAULT false,
  image text,
  username text NOT NULL UNIQUE,
  display_username text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE auth_sessions (
  id bigint PRIMARY KEY DEFAULT snowflake(),
  user_id bigint NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
  token text NOT NULL UNIQUE,
  expires_at timestamptz NOT NULL,
  ip_address text,
  user_agent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX auth_sessions_user ON auth_sessions (user_id);
CREATE TABLE auth_accounts (
  id bigint PRIMARY KEY DEFAULT snowflake(),
  user_id bigint NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
  account_id text NOT NULL,
  provider_id text NOT NULL,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  password text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX auth_accounts_user ON auth_accounts (user_id);
CREATE TABLE auth_verifications (
  id bigint PRIMARY KEY DEFAULT snowflake(),
  identifier text NOT NULL,
  value text NOT NULL,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX auth_verifications_identifier ON auth_verifications (identifier);
-- Failed sign-ins, so that guessing slows down on every node and over restarts.
CREATE TABLE auth_failures (
  key text PRIMARY KEY,
  failures integer NOT NULL,
  blocked_until timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- An application is its bot: one id for both, which several libraries assume.
CREATE TABLE applications (
  id bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  owner_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  icon text,
  bot_public boolean NOT NULL DEFAULT true,
  verify_key text NOT NULL,
  flags integer NOT NULL DEFAULT 0,
  token_hash bytea,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX applications_owner ON applications (owner_id);

CREATE TABLE relationships (
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  target_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  type smallint NOT NULL CHECK (type BETWEEN 1 AND 4),
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, target_id)
);
CREATE INDEX relationships_target ON relationships (target_id);

-- Who is connected where. Lost with the machine, and rightly so.
CREATE UNLOGGED TABLE gateway_sessions (
  id text PRIMARY KEY,
  node_id text NOT NULL,
  user_id bigint NOT NULL,
  status text NOT NULL,
  activities jsonb NOT NULL DEFAULT '[]',
  client text NOT NULL DEFAULT 'web',
  seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX gateway_sessions_user ON gateway_sessions (user_id);
CREATE INDEX gateway_sessions_node ON gateway_sessions (node_id);
