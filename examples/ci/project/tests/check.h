#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int checks = 0;
static int failures = 0;

#define CHECK(claim)                                                     \
  do {                                                                   \
    checks++;                                                            \
    if (!(claim)) {                                                      \
      failures++;                                                        \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #claim); \
    }                                                                    \
  } while (0)

/* The last line of a test program; the exit code is its result. */
static int report(const char *name) {
  printf("%s: %d checks, %d failures\n", name, checks, failures);
  return failures == 0 ? 0 : 1;
}

#endif
