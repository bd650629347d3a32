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

CREATE TABLE "workflow" (
  "namespace" text COLLATE "C" NOT NULL,
  "workflow" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("namespace", "workflow")
);

CREATE TABLE "workflow_version" (
  "namespace" text COLLATE "C" NOT NULL,
  "workflow" text COLLATE "C" NOT NULL,
  "version" text COLLATE "C" NOT NULL,
  "number" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("namespace", "workflow", "version")
);

CREATE INDEX "workflow_version.numbers" ON "workflow_version" ("namespace", "workflow", "number", "version");

CREATE TABLE "workflow_text" (
  "namespace" text COLLATE "C" NOT NULL,
  "digest" text COLLATE "C" NOT NULL,
  "part" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("namespace", "digest", "part")
);

CREATE TABLE "workflow_run_request" (
  "run" text COLLATE "C" NOT NULL,
  "namespace" text COLLATE "C" NOT NULL,
  "workflow" text COLLATE "C" NOT NULL,
  "created_us" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("run")
);

CREATE INDEX "workflow_run_request.newest" ON "workflow_run_request" ("namespace", "created_us", "run");

CREATE INDEX "workflow_run_request.newest_of_workflow" ON "workflow_run_request" ("namespace", "workflow", "created_us", "run");

CREATE TABLE "workflow_idempotency" (
  "namespace" text COLLATE "C" NOT NULL,
  "principal" text COLLATE "C" NOT NULL,
  "route" text COLLATE "C" NOT NULL,
  "key" text COLLATE "C" NOT NULL,
  "created_us" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("namespace", "principal", "route", "key")
);

CREATE INDEX "workflow_idempotency.age" ON "workflow_idempotency" ("created_us", "namespace", "principal", "route", "key");
