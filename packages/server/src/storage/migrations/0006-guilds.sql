-- Which members are characters: the director and the first screen of a large guild look for them.
ALTER TABLE members ADD COLUMN is_character boolean NOT NULL DEFAULT false;
UPDATE members SET is_character = true FROM users WHERE users.id = members.user_id AND users.kind = 'character';
CREATE INDEX members_characters ON members (guild_id, user_id) WHERE is_character;

-- Searching members by the beginning of a name.
CREATE INDEX members_nick ON members (guild_id, lower(nick) text_pattern_ops) WHERE nick IS NOT NULL;
CREATE INDEX users_username_prefix ON users (lower(username) text_pattern_ops);
CREATE INDEX users_global_name_prefix ON users (lower(global_name) text_pattern_ops) WHERE global_name IS NOT NULL;
