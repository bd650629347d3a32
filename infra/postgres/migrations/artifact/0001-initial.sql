CREATE TABLE outbox (
  shard text COLLATE "C" NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  topic text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  headers bytea NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (shard, id)
);

CREATE FUNCTION millrace_expect(counted bigint, wanted bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF counted <> wanted THEN
    RAISE EXCEPTION '% rows of % are as expected', counted, wanted USING ERRCODE = 'MR001';
  END IF;
  RETURN counted;
END $$;

CREATE FUNCTION millrace_settle(wanted regclass) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  EXECUTE format('LOCK TABLE %s IN SHARE MODE', wanted);
END $$;

CREATE FUNCTION millrace_expect_same(is_same boolean) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF NOT is_same THEN
    RAISE EXCEPTION 'a unique column would change' USING ERRCODE = 'MR002';
  END IF;
  RETURN 0;
END $$;

CREATE TABLE "artifact" (
  "artifact" text COLLATE "C" NOT NULL,
  "namespace" text COLLATE "C",
  "run" text COLLATE "C" NOT NULL,
  "until_us" bigint,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("artifact")
);

CREATE INDEX "artifact.of_run" ON "artifact" ("namespace", "run", "artifact") WHERE "namespace" IS NOT NULL;

CREATE INDEX "artifact.due" ON "artifact" ("until_us", "artifact") WHERE "until_us" IS NOT NULL;

CREATE TABLE "artifact_place" (
  "namespace" text COLLATE "C" NOT NULL,
  "run" text COLLATE "C" NOT NULL,
  "task" text COLLATE "C" NOT NULL,
  "attempt" bigint NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  "path" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("namespace", "run", "task", "attempt", "name", "path")
);

CREATE TABLE "artifact_usage" (
  "namespace" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("namespace")
);

CREATE TABLE "artifact_run" (
  "run" text COLLATE "C" NOT NULL,
  "until_us" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("run")
);

CREATE INDEX "artifact_run.due" ON "artifact_run" ("until_us", "run");
