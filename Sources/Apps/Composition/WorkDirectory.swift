internal import Glibc

/// Where processes of tasks have their folders when nobody names a place.
enum WorkDirectory {
  /// One for all processes of a user, so that each start finds and removes what a process that was
  /// killed has left: the executor knows by its locks which of them live.
  static func temporary() throws(StartFailure) -> String {
    let path = "/tmp/millrace-\(getuid())"
    mkdir(path, 0o700)
    var facts = stat()
    // Anybody may make a folder in /tmp, under this name too.
    guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == getuid(),
      facts.st_mode & 0o077 == 0
    else {
      throw StartFailure(
        "\(path) is not a folder of this user alone",
        hint: "remove it, or keep everything in a folder of your own with --data")
    }
    return path
  }
}
