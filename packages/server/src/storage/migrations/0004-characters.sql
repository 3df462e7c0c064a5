CREATE TABLE characters (
  id bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  owner_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  visibility text NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'unlisted', 'public')),
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX characters_owner ON characters (owner_id);
CREATE INDEX characters_public ON characters (id) WHERE visibility = 'public';

-- Every save is a version. `card` is the imported file's JSON as it came, so that an export loses nothing.
CREATE TABLE character_versions (
  character_id bigint NOT NULL REFERENCES characters (id) ON DELETE CASCADE,
  version integer NOT NULL,
  definition jsonb NOT NULL,
  card jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (character_id, version)
);

-- One turn of a character: asked for in the transaction of the message that caused it. Its id is the draft's.
CREATE TABLE character_turns (
  id bigint PRIMARY KEY DEFAULT snowflake(),
  channel_id bigint NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  character_id bigint NOT NULL REFERENCES characters (id) ON DELETE CASCADE,
  trigger_id bigint NOT NULL,
  -- The message that is written anew, for a regeneration.
  message_id bigint,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'writing', 'sent', 'stopped', 'failed', 'silent')),
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
-- A character answers a message once.
CREATE UNIQUE INDEX character_turns_once ON character_turns (trigger_id, character_id) WHERE message_id IS NULL;
CREATE INDEX character_turns_channel ON character_turns (channel_id, id);

CREATE INDEX character_turns_open ON character_turns (channel_id) WHERE state IN ('waiting', 'writing');

-- How many messages in a row came from characters and bots: the one counter of all loop guards. A person's message resets it.
CREATE TABLE channel_floors (
  channel_id bigint PRIMARY KEY REFERENCES channels (id) ON DELETE CASCADE,
  unattended integer NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Answers that were written for one message, each kept. The one shown is also in `messages`.
CREATE TABLE message_alternatives (
  channel_id bigint NOT NULL,
  message_id bigint NOT NULL,
  index integer NOT NULL,
  content text NOT NULL,
  convive jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (channel_id, message_id, index),
  FOREIGN KEY (channel_id, message_id) REFERENCES messages (channel_id, id) ON DELETE CASCADE
);
