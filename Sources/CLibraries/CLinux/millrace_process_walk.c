// Walks: over the descendants of this process in /proc, and over the files of a directory.
#include "millrace_process_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  pid_t pid;
  pid_t parent;
  int is_ours;
} process;

typedef struct {
  process *entries;
  int count;
  int room;
} processes;

// The parent in /proc/PID/stat stands behind the name, which may hold blanks and brackets itself.
static pid_t parent_of(const char *pid) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  ssize_t count = read(descriptor, text, sizeof text - 1);
  close(descriptor);
  if (count <= 0) return -1;
  text[count] = 0;
  char *bracket = strrchr(text, ')');
  char state;
  int parent;
  if (!bracket || sscanf(bracket + 1, " %c %d", &state, &parent) != 2) return -1;
  return state == 'Z' ? -1 : parent;
}

static void list_processes(processes *list) {
  DIR *directory = opendir("/proc");
  if (!directory) return;
  struct dirent *entry;
  while ((entry = readdir(directory))) {
    char *end;
    long pid = strtol(entry->d_name, &end, 10);
    if (*end || pid <= 0) continue;
    pid_t parent = parent_of(entry->d_name);
    if (parent < 0) continue;
    if (list->count == list->room) {
      int room = list->room ? list->room * 2 : 256;
      process *larger = realloc(list->entries, sizeof *larger * (size_t)room);
      if (!larger) break;
      list->entries = larger;
      list->room = room;
    }
    list->entries[list->count++] = (process){(pid_t)pid, parent, 0};
  }
  closedir(directory);
}

static int is_ours(const processes *list, pid_t pid) {
  for (int place = 0; place < list->count; place++) {
    if (list->entries[place].pid == pid) return list->entries[place].is_ours;
  }
  return 0;
}

static int signal_all(int signal, int (*spared)(pid_t)) {
  processes list = {NULL, 0, 0};
  list_processes(&list);
  pid_t self = getpid();
  int signalled = 0;
  for (int found = 1; found;) {
    found = 0;
    for (int place = 0; place < list.count; place++) {
      process *entry = &list.entries[place];
      if (entry->is_ours || entry->pid == self) continue;
      int is_child = entry->parent == self;
      if (is_child && spared && spared(entry->pid)) continue;
      if (!is_child && !is_ours(&list, entry->parent)) continue;
      entry->is_ours = 1;
      found = 1;
      if (kill(entry->pid, signal) == 0) signalled++;
    }
  }
  free(list.entries);
  return signalled;
}

int millrace_descendants_signal(int signal) { return signal_all(signal, NULL); }

void millrace_descendants_end(int (*spared)(pid_t)) {
  for (;;) {
    // Stopped first, so that none starts another one behind our back.
    signal_all(SIGSTOP, spared);
    int left = signal_all(SIGKILL, spared);
    if (spared) {
      // The ended ones are reaped by our caller, who knows the others.
      if (left == 0) return;
    } else {
      pid_t pid;
      while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
      }
      if (pid < 0 && errno == ECHILD) return;
    }
    struct timespec pause = {0, 500000};
    nanosleep(&pause, NULL);
  }
}

// Empties the directory `name` in `at`. Directories inside it that are not empty are moved into
// `aside` under a number and emptied later: no recursion, so that no depth of nesting hurts.
static int empty_directory(int at, const char *name, int aside, unsigned long *moved) {
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int descriptor = openat(at, name, flags);
  if (descriptor < 0 && errno == EACCES) {
    fchmodat(at, name, 0700, 0);
    descriptor = openat(at, name, flags);
  }
  if (descriptor < 0) return errno;
  fchmod(descriptor, 0700);
  DIR *directory = fdopendir(descriptor);
  if (!directory) {
    int failure = errno;
    close(descriptor);
    return failure;
  }
  int failure = 0;
  struct dirent *entry;
  while ((entry = readdir(directory))) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    if (unlinkat(descriptor, entry->d_name, 0) == 0) continue;
    if (errno != EISDIR && errno != EPERM) {
      if (errno != ENOENT && !failure) failure = errno;
      continue;
    }
    if (unlinkat(descriptor, entry->d_name, AT_REMOVEDIR) == 0) continue;
    char number[24];
    snprintf(number, sizeof number, "%lu", (*moved)++);
    // A directory can only be moved by someone who may write into it.
    fchmodat(descriptor, entry->d_name, 0700, 0);
    if (renameat(descriptor, entry->d_name, aside, number) < 0 && !failure) failure = errno;
  }
  closedir(directory);
  return failure;
}

static int empty_with(const char *path, int aside) {
  unsigned long moved = 0;
  int failure = empty_directory(AT_FDCWD, path, aside, &moved);
  for (unsigned long next = 0; next < moved; next++) {
    char number[24];
    snprintf(number, sizeof number, "%lu", next);
    int problem = empty_directory(aside, number, aside, &moved);
    if (problem == ENOENT) continue;
    if (!problem && unlinkat(aside, number, AT_REMOVEDIR) < 0) problem = errno;
    if (problem && !failure) failure = problem;
  }
  return failure;
}

int millrace_remove(const char *path) {
  char *beside = NULL;
  if (asprintf(&beside, "%s.removing", path) < 0) return ENOMEM;
  int failure = mkdir(beside, 0700) < 0 && errno != EEXIST ? errno : 0;
  int aside = failure ? -1 : open(beside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (!failure && aside < 0) failure = errno;
  if (!failure) {
    failure = empty_with(path, aside);
    if (failure == ENOENT) failure = 0;
    if (!failure && rmdir(path) < 0 && errno != ENOENT) failure = errno;
    if (!failure && rmdir(beside) < 0) failure = errno;
    close(aside);
  }
  free(beside);
  return failure;
}
