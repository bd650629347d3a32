// File operations that the Glibc module of Swift leaves out or imports awkwardly.
#pragma once

// Opens the file, made if need be with mode 0600, and takes a lock on it that ends when the
// descriptor is closed, at the latest with the process. A descriptor or -errno; -EWOULDBLOCK when
// another open file holds the lock.
int millrace_lock_file(const char *path);

// openat with O_CLOEXEC and O_NOFOLLOW always set. A descriptor or -errno.
int millrace_open_at(int directory, const char *name, int flags, unsigned mode);

// Gives the file `from` the name `to` unless that is taken. 0 or errno; EEXIST when it is taken.
int millrace_rename_new(int from_directory, const char *from, int to_directory, const char *to);

// Gives the file `from` the name `to`, replacing what was there. 0 or errno.
int millrace_rename(int from_directory, const char *from, int to_directory, const char *to);
