import Glibc
import Synchronization
import SystemAdapter
import Testing

/// An HTTP server on loopback that answers as it was told, however wrong. It ends with its object.
///
/// Each connection has a thread of its own, so nothing here holds up other tests.
final class ScriptedServer: Sendable {
  struct Request: Sendable {
    var head: String
    var body: [UInt8] = []

    var method: String { String(head.prefix { $0 != " " }) }
    /// With its query.
    var target: String { String(head.split(separator: " ").dropFirst().first ?? "") }

    func field(_ name: String) -> String? {
      head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("\(name):") }
        .map { String($0.dropFirst(name.count + 1)).trimmingPrefix(" ") }.map(String.init)
    }
  }

  enum Answer: Sendable {
    /// These bytes; the connection stays.
    case text(String)
    /// What the request asks for. Runs on the thread of the connection and may wait.
    case reply(@Sendable (Request) -> String)
    /// These bytes, and then the connection ends.
    case cut(String)
    /// Nothing, and the connection ends; the request is handed over before that.
    case lose(@Sendable (Request) -> Void)
    /// Nothing, until the client goes.
    case hang
    /// The first, then the second again and again until the client goes.
    case endless(String, String)
    /// These bytes before the body is read, and then the connection ends.
    case early(String)
  }

  private struct State {
    var answers: [Answer]
    var requests: [Request] = []
    var connections: [Int32] = []
    var hangUps = 0
    var isOver = false
    var waiters: [(isDone: @Sendable (Seen) -> Bool, waiter: CheckedContinuation<Void, Never>)] = []
  }

  /// What has happened so far.
  struct Seen: Sendable {
    var requests: Int
    var connections: Int
    var hangUps: Int
  }

  let port: Int
  private let listener: Int32
  private let state: Mutex<State>

  /// - Parameter answers: one for each request; the last one stays.
  init(_ answers: [Answer]) throws {
    state = Mutex(State(answers: answers))
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | 0o200_0000, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length) + listen(listener, 64)
          + getsockname(listener, address, &length)
      }
    }
    try #require(code == 0, "no server on loopback: \(errno)")
    port = Int(UInt16(bigEndian: address.sin_port))
    try OwnThread("scripted") { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0, let self else { return }
        guard keep(connection) else { return }
        try? OwnThread("scripted-one") { [weak self] in
          while let server = self, server.serve(connection) {}
          self?.note { $0.hangUps += 1 }
          shutdown(connection, Int32(SHUT_RDWR))
        }.detach()
      }
    }.detach()
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
    for connection in state.withLock({ $0.connections }) { close(connection) }
  }

  /// Ends every connection; threads that serve them go.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    for connection in state.withLock({ $0.connections }) {
      shutdown(connection, Int32(SHUT_RDWR))
    }
  }

  var seen: Seen { state.withLock { ScriptedServer.seen($0) } }
  var requests: [Request] { state.withLock { $0.requests } }

  /// Returns as soon as it holds.
  func until(_ isDone: @escaping @Sendable (Seen) -> Bool) async {
    await withCheckedContinuation { waiter in
      let isAlready = state.withLock { state in
        if isDone(ScriptedServer.seen(state)) { return true }
        state.waiters.append((isDone, waiter))
        return false
      }
      if isAlready { waiter.resume() }
    }
  }

  private static func seen(_ state: State) -> Seen {
    Seen(
      requests: state.requests.count, connections: state.connections.count,
      hangUps: state.hangUps)
  }

  private func note(_ change: (inout State) -> Void) {
    let woken = state.withLock { state in
      change(&state)
      let seen = ScriptedServer.seen(state)
      let done = state.waiters.filter { $0.isDone(seen) }
      state.waiters.removeAll { $0.isDone(seen) }
      return done
    }
    for (_, waiter) in woken { waiter.resume() }
  }

  private func keep(_ connection: Int32) -> Bool {
    note { $0.connections.append(connection) }
    return true
  }

  private func next(_ request: Request) -> Answer {
    let answer = state.withLock { state in
      state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
    }
    note { $0.requests.append(request) }
    return answer
  }

  /// One request; false when the connection is over.
  private func serve(_ connection: Int32) -> Bool {
    guard let (head, rest) = readHead(connection) else { return false }
    var request = Request(head: head, body: rest)
    let isEarly = state.withLock {
      if case .early? = $0.answers.first { return true }
      return false
    }
    let length = request.field("content-length").flatMap { Int($0) } ?? 0
    if !isEarly {
      guard let body = read(connection, length - rest.count) else { return false }
      request.body += body
    }
    switch next(request) {
    case .text(let text): return write(connection, text)
    case .reply(let make): return write(connection, make(request))
    case .cut(let text), .early(let text):
      _ = write(connection, text)
      return false
    case .lose(let look):
      look(request)
      return false
    case .hang:
      _ = read(connection, 1)
      return false
    case .endless(let first, let again):
      guard write(connection, first) else { return false }
      while write(connection, again) {}
      return false
    }
  }

  private func readHead(_ connection: Int32) -> (String, [UInt8])? {
    var bytes: [UInt8] = []
    while true {
      var piece = [UInt8](repeating: 0, count: 65_536)
      let count = recv(connection, &piece, piece.count, 0)
      guard count > 0 else { return nil }
      bytes += piece.prefix(count)
      let text = String(decoding: bytes.prefix(16_384), as: UTF8.self)
      if let end = text.range(of: "\r\n\r\n") {
        let length = text.utf8.distance(from: text.startIndex, to: end.upperBound)
        return (String(text[..<end.lowerBound]), Array(bytes.dropFirst(length)))
      }
    }
  }

  private func read(_ connection: Int32, _ count: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while bytes.count < count {
      let read = recv(connection, &piece, min(piece.count, count - bytes.count), 0)
      guard read > 0 else { return nil }
      bytes += piece.prefix(read)
    }
    return bytes
  }

  private func write(_ connection: Int32, _ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return false }
      rest = rest.dropFirst(sent)
    }
    return true
  }
}

extension ScriptedServer {
  /// An answer with a body whose length is told truly.
  static func answer(
    _ status: String, _ body: String = "", _ fields: [String] = []
  ) -> String {
    let lines = ["HTTP/1.1 \(status)", "content-length: \(body.utf8.count)"] + fields
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
  }

  static func error(_ status: String, _ code: String) -> Answer {
    .text(answer(status, "<Error><Code>\(code)</Code><Message>so it is</Message></Error>"))
  }
}

extension String {
  fileprivate func range(of other: String) -> Range<String.Index>? {
    firstRange(of: other)
  }
}
