internal import Domain
internal import Ports

/// One server-sent event.
struct ServerEvent: Sendable {
  var name: String
  var id: String
  var text: String
}

/// Reads server-sent events (WHATWG HTML §9.2) from a body as it comes.
struct EventReader {
  private let body: any HTTPBodySource
  private var bytes: [UInt8] = []
  /// Where the next line begins, and up to where no line ends.
  private var start = 0
  private var scanned = 0
  private var event = ServerEvent(name: "message", id: "", text: "")
  private var hasText = false

  /// Of one line, and of all lines of one event.
  static let lineBytesMax = 8 << 20

  init(_ body: any HTTPBodySource) {
    self.body = body
  }

  /// The next event; nil at the end of the stream.
  mutating func next() async throws(HTTPError) -> ServerEvent? {
    while true {
      guard let line = try await line() else { return nil }
      if line.isEmpty {
        defer {
          event = ServerEvent(name: "message", id: event.id, text: "")
          hasText = false
        }
        if hasText { return event }
        continue
      }
      take(line)
      guard event.text.utf8.count <= EventReader.lineBytesMax else { throw .tooLarge }
    }
  }

  private mutating func take(_ line: String) {
    let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    var value = parts.count > 1 ? parts[1] : ""
    if value.first == " " { value = value.dropFirst() }
    switch parts[0] {
    case "event": event.name = String(value)
    case "id": event.id = String(value)
    case "data":
      event.text += (hasText ? "\n" : "") + value
      hasText = true
    default: break
    }
  }

  private mutating func line() async throws(HTTPError) -> String? {
    while true {
      if let end = bytes[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: bytes[start..<end], as: UTF8.self)
        start = end + 1
        scanned = start
        return line.last == "\r" ? String(line.dropLast()) : line
      }
      bytes.removeFirst(start)
      start = 0
      scanned = bytes.count
      guard bytes.count <= EventReader.lineBytesMax else { throw .tooLarge }
      guard let piece = try await body.next() else { return nil }
      bytes += piece
    }
  }
}
