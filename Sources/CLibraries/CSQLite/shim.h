#pragma once
#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast macro, which Swift does not import. Both copy the bytes; an empty
// value stays an empty value instead of becoming NULL.
static inline int millrace_sqlite_bind_text(
    sqlite3_stmt *statement, int index, const void *bytes, int count) {
  return sqlite3_bind_text(statement, index, count == 0 ? "" : (const char *)bytes, count,
                           SQLITE_TRANSIENT);
}

static inline int millrace_sqlite_bind_blob(
    sqlite3_stmt *statement, int index, const void *bytes, int count) {
  if (count == 0) return sqlite3_bind_zeroblob(statement, index, 0);
  return sqlite3_bind_blob(statement, index, bytes, count, SQLITE_TRANSIENT);
}

// Extended result codes are computed macros, which Swift does not import.
static inline int millrace_sqlite_is_unique_taken(int code) {
  return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
}

// sqlite3_db_config is variadic. Refuses SQL that could damage the file or run outside code.
static inline int millrace_sqlite_harden(sqlite3 *connection) {
  int answer = sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  if (answer != SQLITE_OK) return answer;
  return sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
}
