internal import Glibc
internal import Synchronization

/// Writes whole lines to a descriptor that may be a pipe whose reader is slow, without ever waiting
/// for it: what does not fit now is kept up to a limit, what does not fit there is counted.
final class LineWriter: Sendable {
  private struct Backlog {
    var bytes: [UInt8] = []
    var dropped = 0
  }

  private let descriptor: Int32
  private let backlogBytesMax: Int
  private let backlog = Mutex(Backlog())

  /// A pipe that reports room takes this much without blocking.
  private static let pieceBytes = 4_096

  init(to descriptor: Int32, backlogBytesMax: Int) {
    self.descriptor = descriptor
    self.backlogBytesMax = backlogBytesMax
  }

  /// - Parameter note: makes the line that says how many lines were dropped.
  func write(_ line: [UInt8], dropNote note: (Int) -> [UInt8]) {
    backlog.withLock { backlog in
      drain(&backlog)
      if backlog.dropped > 0, backlog.bytes.count < backlogBytesMax / 2 {
        backlog.bytes += note(backlog.dropped)
        backlog.dropped = 0
      }
      if backlog.bytes.count + line.count > backlogBytesMax {
        backlog.dropped += 1
      } else {
        backlog.bytes += line
      }
      drain(&backlog)
    }
  }

  /// Writes as much of what was kept as the reader takes now.
  func flush() {
    backlog.withLock { drain(&$0) }
  }

  private func drain(_ backlog: inout Backlog) {
    var sent = 0
    let count = backlog.bytes.count
    backlog.bytes.withUnsafeBytes { bytes in
      while sent < count, hasRoom, let base = bytes.baseAddress {
        let written = Glibc.write(descriptor, base + sent, min(LineWriter.pieceBytes, count - sent))
        if written < 0 {
          // Nobody will ever read it: forget the lines instead of keeping them for ever.
          if errno != EAGAIN, errno != EINTR { sent = count }
          return
        }
        sent += written
      }
    }
    if sent == count {
      backlog.bytes.removeAll(keepingCapacity: count <= 65_536)
    } else if sent > 0 {
      backlog.bytes.removeFirst(sent)
    }
  }

  private var hasRoom: Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&request, 1, 0) == 1
  }
}
