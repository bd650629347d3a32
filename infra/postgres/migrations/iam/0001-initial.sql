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

CREATE TABLE "iam_user" (
  "name" text COLLATE "C" NOT NULL,
  "user" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("name")
);

CREATE INDEX "iam_user.ids" ON "iam_user" ("user", "name");

CREATE UNIQUE INDEX "iam_user.ids.unique" ON "iam_user" ("user");

CREATE TABLE "iam_account" (
  "namespace" text COLLATE "C" NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("namespace", "name")
);

CREATE TABLE "iam_member" (
  "place" text COLLATE "C" NOT NULL,
  "subject" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("place", "subject")
);

CREATE TABLE "iam_sign_in" (
  "sign_in" text COLLATE "C" NOT NULL,
  "user" text COLLATE "C" NOT NULL,
  "deadline_us" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("sign_in")
);

CREATE INDEX "iam_sign_in.of_user" ON "iam_sign_in" ("user", "sign_in");

CREATE INDEX "iam_sign_in.deadlines" ON "iam_sign_in" ("deadline_us", "sign_in");

CREATE TABLE "iam_refresh" (
  "digest" text COLLATE "C" NOT NULL,
  "sign_in" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("digest")
);

CREATE INDEX "iam_refresh.of_sign_in" ON "iam_refresh" ("sign_in", "digest");

CREATE TABLE "iam_token" (
  "digest" text COLLATE "C" NOT NULL,
  "token" text COLLATE "C" NOT NULL,
  "owner" text COLLATE "C" NOT NULL,
  "deadline_us" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("digest")
);

CREATE INDEX "iam_token.ids" ON "iam_token" ("token", "digest");

CREATE UNIQUE INDEX "iam_token.ids.unique" ON "iam_token" ("token");

CREATE INDEX "iam_token.of_owner" ON "iam_token" ("owner", "token", "digest");

CREATE INDEX "iam_token.deadlines" ON "iam_token" ("deadline_us", "digest");

CREATE TABLE "iam_invitation" (
  "digest" text COLLATE "C" NOT NULL,
  "invitation" text COLLATE "C" NOT NULL,
  "expires_us" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("digest")
);

CREATE INDEX "iam_invitation.ids" ON "iam_invitation" ("invitation", "digest");

CREATE UNIQUE INDEX "iam_invitation.ids.unique" ON "iam_invitation" ("invitation");

CREATE INDEX "iam_invitation.deadlines" ON "iam_invitation" ("expires_us", "digest");

CREATE TABLE "iam_namespace" (
  "name" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("name")
);

CREATE TABLE "iam_key_ring" (
  "ring" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("ring")
);

CREATE TABLE "iam_installation" (
  "installation" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("installation")
);

CREATE TABLE "iam_throttle" (
  "kind" text COLLATE "C" NOT NULL,
  "subject" text COLLATE "C" NOT NULL,
  "deadline_us" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("kind", "subject")
);

CREATE INDEX "iam_throttle.deadlines" ON "iam_throttle" ("deadline_us", "kind", "subject");

CREATE TABLE "iam_void" (
  "subject" text COLLATE "C" NOT NULL,
  "at_us" bigint NOT NULL,
  "number" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("subject")
);

CREATE INDEX "iam_void.times" ON "iam_void" ("at_us", "subject");

CREATE INDEX "iam_void.numbers" ON "iam_void" ("number", "subject");

CREATE TABLE "iam_void_count" (
  "count" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("count")
);

CREATE TABLE "iam_audit" (
  "entry" text COLLATE "C" NOT NULL,
  "namespace" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("entry")
);

CREATE INDEX "iam_audit.of_namespace" ON "iam_audit" ("namespace", "entry");

CREATE TABLE "iam_answer" (
  "principal" text COLLATE "C" NOT NULL,
  "route" text COLLATE "C" NOT NULL,
  "key" text COLLATE "C" NOT NULL,
  "created_us" bigint NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("principal", "route", "key")
);

CREATE INDEX "iam_answer.age" ON "iam_answer" ("created_us", "principal", "route", "key");

CREATE TABLE "iam_secret" (
  "namespace" text COLLATE "C" NOT NULL,
  "name" text COLLATE "C" NOT NULL,
  _version bigint NOT NULL,
  _body bytea NOT NULL,
  PRIMARY KEY ("namespace", "name")
);
