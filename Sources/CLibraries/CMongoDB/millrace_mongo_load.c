#include "include/millrace_mongo.h"
#include "millrace_mongo_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

millrace_mongo_functions millrace_mongo;

static const char *failure;

// The library counts its calls in shared memory under the name of the process, and leaves it behind
// when it is killed; one that finds such a leftover complains on standard error. Nobody reads them.
static void forget_counters(void) {
  char name[32];
  snprintf(name, sizeof name, "/mongoc-%u", (unsigned)getpid());
  shm_unlink(name);
}

static void load(void) {
  forget_counters();
  void *library = dlopen("libmongoc-1.0.so.0", RTLD_NOW | RTLD_LOCAL);
  forget_counters();
  if (!library) {
    failure = "libmongoc-1.0.so.0 cannot be loaded; install libmongoc-1.0-0";
    return;
  }
#define X(name) \
  *(void **)&millrace_mongo.name = dlsym(library, #name); \
  if (!millrace_mongo.name) failure = "libmongoc has no " #name ": install 1.23 or later";
  MILLRACE_MONGO_FUNCTIONS(X)
#undef X
  if (failure) return;
  // What it has to say goes to errors, not to standard error.
  millrace_mongo.mongoc_log_set_handler(NULL, NULL);
  millrace_mongo.mongoc_init();
}

const char *millrace_mongo_load(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return failure;
}
