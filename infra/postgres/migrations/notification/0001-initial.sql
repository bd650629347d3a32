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

CREATE TABLE "notification_namespace" (
  "namespace" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("namespace")
);

CREATE TABLE "notification_subscription" (
  "subscription" text COLLATE "C" NOT NULL,
  "namespace" text COLLATE "C" NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("subscription")
);

CREATE INDEX "notification_subscription.names" ON "notification_subscription" ("namespace", "name", "subscription");

CREATE UNIQUE INDEX "notification_subscription.names.unique" ON "notification_subscription" ("namespace", "name");

CREATE TABLE "notification_end" (
  "run" text COLLATE "C" NOT NULL,
  "revision" bigint NOT NULL,
  "taken_us" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("run", "revision")
);

CREATE INDEX "notification_end.age" ON "notification_end" ("taken_us", "run", "revision");

CREATE TABLE "notification_streak" (
  "namespace" text COLLATE "C" NOT NULL,
  "workflow" text COLLATE "C" NOT NULL,
  "subject" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("namespace", "workflow", "subject")
);

CREATE TABLE "notification_delivery" (
  "delivery" text COLLATE "C" NOT NULL,
  "namespace" text COLLATE "C" NOT NULL,
  "subscription" text COLLATE "C",
  "created_us" bigint NOT NULL,
  "due_us" bigint,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("delivery")
);

CREATE INDEX "notification_delivery.due" ON "notification_delivery" ("due_us", "delivery") WHERE "due_us" IS NOT NULL;

CREATE INDEX "notification_delivery.newest" ON "notification_delivery" ("namespace", "created_us", "delivery");

CREATE INDEX "notification_delivery.of_subscription" ON "notification_delivery" ("subscription", "created_us", "delivery") WHERE "subscription" IS NOT NULL;

CREATE INDEX "notification_delivery.age" ON "notification_delivery" ("created_us", "delivery");
