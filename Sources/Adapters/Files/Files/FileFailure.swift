internal import Glibc
internal import Ports

/// A call of the system that failed.
struct FileFailure: Error, Hashable {
  /// errno.
  let code: Int32
  /// What was to be done, for messages.
  let action: String

  var isAbsent: Bool { code == ENOENT }
  var isTaken: Bool { code == EEXIST }
  /// Something has the name that is no plain file: a link, a folder, a pipe, a socket.
  var isNoFile: Bool { [ELOOP, EINVAL, ENXIO].contains(code) }

  var message: String {
    switch code {
    case ENOSPC, EDQUOT: "\(action): no room left: free disk space"
    case ELOOP: "\(action): a symbolic link is in the way; links are never followed"
    case EACCES, EPERM, EROFS: "\(action): \(reason): check the permissions of the folder"
    default: "\(action): \(reason)"
    }
  }

  private var reason: String { String(cString: strerror(code)) }
}

/// Whatever fails on the disk before anything became visible has surely not happened.
func onDisk<Answer>(
  _ body: () throws(FileFailure) -> Answer
) throws(ObjectError) -> Answer {
  do throws(FileFailure) {
    return try body()
  } catch {
    throw .unavailable(error.message)
  }
}
