CREATE TABLE guilds (
  id bigint PRIMARY KEY DEFAULT snowflake(),
  name text NOT NULL,
  owner_id bigint NOT NULL REFERENCES users (id),
  -- Goes up with every change that can alter who may see or do what. A write carries the version it was checked against.
  version bigint NOT NULL DEFAULT 0,
  icon text,
  banner text,
  splash text,
  description text,
  preferred_locale text NOT NULL DEFAULT 'en-US',
  verification_level smallint NOT NULL DEFAULT 0,
  default_message_notifications smallint NOT NULL DEFAULT 0,
  explicit_content_filter smallint NOT NULL DEFAULT 0,
  nsfw_level smallint NOT NULL DEFAULT 0,
  mfa_level smallint NOT NULL DEFAULT 0,
  afk_channel_id bigint,
  afk_timeout integer NOT NULL DEFAULT 300,
  system_channel_id bigint,
  system_channel_flags integer NOT NULL DEFAULT 0,
  rules_channel_id bigint,
  public_updates_channel_id bigint,
  features text[] NOT NULL DEFAULT '{}',
  member_count integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE roles (
  id bigint PRIMARY KEY DEFAULT snowflake(),
  guild_id bigint NOT NULL REFERENCES guilds (id) ON DELETE CASCADE,
  name text NOT NULL,
  color integer NOT NULL DEFAULT 0,
  hoist boolean NOT NULL DEFAULT false,
  position integer NOT NULL DEFAULT 0,
  permissions bigint NOT NULL DEFAULT 0,
  mentionable boolean NOT NULL DEFAULT false,
  managed boolean NOT NULL DEFAULT false,
  bot_id bigint,
  unicode_emoji text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX roles_guild ON roles (guild_id);

CREATE TABLE members (
  guild_id bigint NOT NULL REFERENCES guilds (id) ON DELETE CASCADE,
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  nick text,
  avatar text,
  role_ids bigint[] NOT NULL DEFAULT '{}',
  deaf boolean NOT NULL DEFAULT false,
  mute boolean NOT NULL DEFAULT false,
  flags integer NOT NULL DEFAULT 0,
  timed_out_until timestamptz,
  joined_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (guild_id, user_id)
);
CREATE INDEX members_user ON members (user_id);

CREATE TABLE bans (
  guild_id bigint NOT NULL REFERENCES guilds (id) ON DELETE CASCADE,
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (guild_id, user_id)
);

-- Guild channels, categories, DMs (type 1) and group DMs (type 3).
CREATE TABLE channels (
  id bigint PRIMARY KEY DEFAULT snowflake(),
  guild_id bigint REFERENCES guilds (id) ON DELETE CASCADE,
  type smallint NOT NULL,
  name text,
  topic text,
  position integer NOT NULL DEFAULT 0,
  parent_id bigint,
  nsfw boolean NOT NULL DEFAULT false,
  rate_limit_per_user integer NOT NULL DEFAULT 0,
  bitrate integer,
  user_limit integer,
  icon text,
  owner_id bigint,
  -- [{ id, type, allow, deny }], bits as decimal strings
  permission_overwrites jsonb NOT NULL DEFAULT '[]',
  last_message_id bigint,
  last_pin_at timestamptz,
  -- 'low:high' of the two users of a DM, so that there is one
  dm_key text UNIQUE,
  flags integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX channels_guild ON channels (guild_id);

CREATE TABLE channel_recipients (
  channel_id bigint NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  closed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (channel_id, user_id)
);
CREATE INDEX channel_recipients_user ON channel_recipients (user_id);

CREATE TABLE invites (
  code text PRIMARY KEY,
  guild_id bigint NOT NULL REFERENCES guilds (id) ON DELETE CASCADE,
  channel_id bigint NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  inviter_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  max_age integer NOT NULL,
  max_uses integer NOT NULL,
  uses integer NOT NULL DEFAULT 0,
  temporary boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz
);
CREATE INDEX invites_guild ON invites (guild_id);

CREATE TABLE messages (
  id bigint NOT NULL,
  channel_id bigint NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  author_id bigint NOT NULL REFERENCES users (id),
  type smallint NOT NULL DEFAULT 0,
  content text NOT NULL DEFAULT '',
  nonce text,
  flags integer NOT NULL DEFAULT 0,
  tts boolean NOT NULL DEFAULT false,
  -- { message_id, channel_id, guild_id? } of a reply
  reference jsonb,
  mention_everyone boolean NOT NULL DEFAULT false,
  mentions bigint[] NOT NULL DEFAULT '{}',
  mention_roles bigint[] NOT NULL DEFAULT '{}',
  attachments jsonb NOT NULL DEFAULT '[]',
  embeds jsonb NOT NULL DEFAULT '[]',
  components jsonb NOT NULL DEFAULT '[]',
  -- MessageExtras of the protocol
  convive jsonb,
  pinned_at timestamptz,
  edited_at timestamptz,
  PRIMARY KEY (channel_id, id)
);
CREATE UNIQUE INDEX messages_nonce ON messages (channel_id, author_id, nonce) WHERE nonce IS NOT NULL;
CREATE INDEX messages_pinned ON messages (channel_id, pinned_at) WHERE pinned_at IS NOT NULL;

-- One row per user or role that a message calls; mention counts are read from here, so that sending costs the same in any guild.
CREATE TABLE message_mentions (
  channel_id bigint NOT NULL,
  target_id bigint NOT NULL,
  message_id bigint NOT NULL,
  author_id bigint NOT NULL,
  PRIMARY KEY (channel_id, target_id, message_id),
  FOREIGN KEY (channel_id, message_id) REFERENCES messages (channel_id, id) ON DELETE CASCADE
);
CREATE INDEX message_mentions_message ON message_mentions (channel_id, message_id);

CREATE TABLE reactions (
  channel_id bigint NOT NULL,
  message_id bigint NOT NULL,
  emoji text NOT NULL,
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (channel_id, message_id, emoji, user_id),
  FOREIGN KEY (channel_id, message_id) REFERENCES messages (channel_id, id) ON DELETE CASCADE
);

CREATE TABLE read_states (
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  channel_id bigint NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  last_read_id bigint NOT NULL,
  PRIMARY KEY (user_id, channel_id)
);
