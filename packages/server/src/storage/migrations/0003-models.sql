-- Where models come from, beside what the environment names. Keys are sealed (storage/secrets.ts) for `model-provider:<id>`.
CREATE TABLE model_providers (
  id bigint PRIMARY KEY DEFAULT snowflake(),
  kind text NOT NULL CHECK (kind IN ('openai-compatible', 'anthropic', 'google', 'ollama', 'gguf')),
  name text NOT NULL,
  -- An address; for gguf the path of the file.
  base_url text,
  key_sealed bytea,
  options jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);

-- One row for each call to a model. No foreign keys: what was used is counted even after its user is gone.
CREATE TABLE model_calls (
  id bigint PRIMARY KEY DEFAULT snowflake(),
  at timestamptz NOT NULL DEFAULT now(),
  model_id text NOT NULL,
  character_id bigint,
  user_id bigint,
  channel_id bigint,
  -- NULL: the provider did not say.
  input_tokens integer,
  output_tokens integer,
  -- NULL: no token came.
  first_token_ms integer,
  total_ms integer NOT NULL,
  -- 'ok', or the name of the failure.
  outcome text NOT NULL,
  -- Millionths of a US dollar. NULL: unknown. Zero is said only of models that run here.
  cost_microusd bigint
);
CREATE INDEX model_calls_at ON model_calls (at);
CREATE INDEX model_calls_user ON model_calls (user_id, at) WHERE user_id IS NOT NULL;
CREATE INDEX model_calls_character ON model_calls (character_id, at) WHERE character_id IS NOT NULL;
