#define _GNU_SOURCE
#include "millrace_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

int millrace_lock_file(const char *path) {
  int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return -errno;
  int answer;
  do {
    answer = flock(descriptor, LOCK_EX | LOCK_NB);
  } while (answer < 0 && errno == EINTR);
  if (answer == 0) return descriptor;
  int cause = errno;
  close(descriptor);
  return -cause;
}

int millrace_open_at(int directory, const char *name, int flags, unsigned mode) {
  int descriptor;
  do {
    descriptor = openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW, mode);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor < 0 ? -errno : descriptor;
}

int millrace_rename_new(int from_directory, const char *from, int to_directory, const char *to) {
  if (renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // The file system does not know the flag: a hard link refuses a taken name as well.
  if (linkat(from_directory, from, to_directory, to, 0) != 0) return errno;
  return unlinkat(from_directory, from, 0) == 0 ? 0 : errno;
}

int millrace_rename(int from_directory, const char *from, int to_directory, const char *to) {
  return renameat(from_directory, from, to_directory, to) == 0 ? 0 : errno;
}
