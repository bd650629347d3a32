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

CREATE TABLE "scheduler_partition" (
  "partition" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("partition")
);

CREATE TABLE "scheduler_plan" (
  "namespace" text COLLATE "C" NOT NULL,
  "workflow" text COLLATE "C" NOT NULL,
  "version" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("namespace", "workflow", "version")
);

CREATE TABLE "scheduler_run" (
  "run" text COLLATE "C" NOT NULL,
  "partition" bigint,
  "due_us" bigint,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("run")
);

CREATE INDEX "scheduler_run.live" ON "scheduler_run" ("partition", ("due_us" IS NULL), COALESCE("due_us", 0), "run") WHERE "partition" IS NOT NULL;

CREATE TABLE "scheduler_task" (
  "run" text COLLATE "C" NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  "instance" bigint NOT NULL,
  "offered_pool" text COLLATE "C",
  "offered_order" bigint,
  "due_partition" bigint,
  "due_us" bigint,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("run", "name", "instance")
);

CREATE INDEX "scheduler_task.offered" ON "scheduler_task" ("offered_pool", ("offered_order" IS NULL), COALESCE("offered_order", 0), "run", "name", "instance") WHERE "offered_pool" IS NOT NULL;

CREATE INDEX "scheduler_task.due" ON "scheduler_task" ("due_partition", ("due_us" IS NULL), COALESCE("due_us", 0), "run", "name", "instance") WHERE "due_partition" IS NOT NULL;

CREATE TABLE "scheduler_lease" (
  "attempt" text COLLATE "C" NOT NULL,
  "session" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("attempt")
);

CREATE INDEX "scheduler_lease.session" ON "scheduler_lease" ("session", "attempt");

CREATE TABLE "scheduler_session" (
  "session" text COLLATE "C" NOT NULL,
  "is_swept" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("session")
);

CREATE INDEX "scheduler_session.swept" ON "scheduler_session" ("is_swept", "session");

CREATE TABLE "scheduler_stop" (
  "session" text COLLATE "C" NOT NULL,
  "attempt" text COLLATE "C" NOT NULL,
  "is_kill" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("session", "attempt", "is_kill")
);

CREATE TABLE "scheduler_pending_command" (
  "run" text COLLATE "C" NOT NULL,
  "command" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("run", "command")
);

CREATE TABLE "scheduler_dead_letter" (
  "topic" text COLLATE "C" NOT NULL,
  "partition" bigint NOT NULL,
  "incarnation" text COLLATE "C" NOT NULL,
  "record_offset" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("topic", "partition", "incarnation", "record_offset")
);

CREATE TABLE "scheduler_process" (
  "process" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("process")
);

CREATE TABLE "scheduler_ended_run" (
  "run" text COLLATE "C" NOT NULL,
  "archived_end_us" bigint,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("run")
);

CREATE INDEX "scheduler_ended_run.archived" ON "scheduler_ended_run" ("archived_end_us", "run") WHERE "archived_end_us" IS NOT NULL;

CREATE TABLE "scheduler_limit_claim" (
  "limit_key" text COLLATE "C" NOT NULL,
  "run" text COLLATE "C" NOT NULL,
  "live_limit" text COLLATE "C",
  "is_waiting" bigint NOT NULL,
  "due_partition" bigint,
  "due_us" bigint,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("limit_key", "run")
);

CREATE INDEX "scheduler_limit_claim.live" ON "scheduler_limit_claim" ("live_limit", "is_waiting", "limit_key", "run") WHERE "live_limit" IS NOT NULL;

CREATE INDEX "scheduler_limit_claim.due" ON "scheduler_limit_claim" ("due_partition", ("due_us" IS NULL), COALESCE("due_us", 0), "limit_key", "run") WHERE "due_partition" IS NOT NULL;
