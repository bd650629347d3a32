/* soak ROUNDS DEADLINE_MS: writes random tables, reads them back and compares, against the clock.
   Exits with 75 when the time is over before the rounds are: a slow machine, not a wrong answer. */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "csv.h"
#include "check.h"

enum { FIELDS = 24, FIELD_MAX = 12, OUT_OF_TIME = 75 };

static unsigned long long seed = 88172645463325252ULL;

static unsigned next_random(unsigned below) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (unsigned)(seed % below);
}

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void round_trip(void) {
  static const char signs[] = "ab,\"\n\r x";
  char fields[FIELDS][FIELD_MAX];
  size_t lengths[FIELDS];
  csv_text table = {0}, field = {0};
  csv_reader reader;
  int ends_row = 0;
  for (int place = 0; place < FIELDS; place++) {
    lengths[place] = next_random(FIELD_MAX);
    for (size_t sign = 0; sign < lengths[place]; sign++)
      fields[place][sign] = signs[next_random(sizeof signs - 1)];
    if (csv_put(&table, fields[place], lengths[place], place % 4 == 3) != CSV_OK) abort();
  }
  csv_start(&reader, table.bytes, table.length);
  int differ = 0;
  for (int place = 0; place < FIELDS; place++) {
    if (csv_next(&reader, &field, &ends_row) != CSV_OK || field.length != lengths[place] ||
        (field.length > 0 && memcmp(field.bytes, fields[place], field.length) != 0) ||
        ends_row != (place % 4 == 3))
      differ = 1;
  }
  CHECK(!differ && csv_next(&reader, &field, &ends_row) == CSV_END);
  csv_free(&table);
  csv_free(&field);
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: soak ROUNDS DEADLINE_MS\n");
    return 2;
  }
  long rounds = atol(arguments[1]);
  long long deadline = now_ms() + atol(arguments[2]);
  for (long done = 0; done < rounds; done++) {
    if (now_ms() >= deadline) {
      fprintf(stderr, "soak: out of time after %ld of %ld rounds\n", done, rounds);
      return OUT_OF_TIME;
    }
    round_trip();
  }
  return report("soak");
}
