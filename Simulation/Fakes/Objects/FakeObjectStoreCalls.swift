internal import Domain
public import Ports
internal import SimulationKit
internal import Synchronization

/// The port: every call travels to the store, takes effect in one world event, and travels back.
extension FakeObjectStore {
  @discardableResult
  public func put(
    _ key: String, _ bytes: [UInt8], contentType: String, ifAbsent: Bool
  ) async throws(ObjectError) -> ObjectSummary {
    try ObjectKey.check(key)
    try ObjectKey.check(contentType: contentType)
    try checkLength(bytes)
    return try await write("objects.put") { content throws(ObjectError) in
      try content.put(key, bytes, contentType: contentType, ifAbsent: ifAbsent)
    }
  }

  public func get(_ key: String, _ range: Range<Int64>?) async throws(ObjectError) -> [UInt8] {
    try ObjectKey.check(key)
    return try await read("objects.get", range == nil ? .whole : .range) {
      content throws(ObjectError) in
      try content.get(key, range)
    }
  }

  public func look(_ key: String) async throws(ObjectError) -> FoundObject {
    try ObjectKey.check(key)
    return try await read("objects.look", .look) { content throws(ObjectError) in
      try content.look(key)
    }
  }

  public func get(
    _ found: FoundObject, _ range: Range<Int64>
  ) async throws(ObjectError) -> [UInt8] {
    try ObjectKey.check(found.key)
    return try await read("objects.get", .range) { content throws(ObjectError) in
      try content.get(found, range)
    }
  }

  public func delete(_ key: String) async throws(ObjectError) {
    try ObjectKey.check(key)
    try await write("objects.delete") { content throws(ObjectError) in
      _ = content.objects.removeValue(for: key)
    }
  }

  public func keys(
    limit: Int, cursor: String?
  ) async throws(ObjectError) -> (keys: [String], next: String?) {
    try ObjectKey.check(limit: limit)
    let isShort = chance.happens(faults.shortens)
    let length = isShort ? chance.below(limit + 1) : limit
    var page = try await read("objects.keys", .list) { content throws(ObjectError) in
      try content.keys(limit: length, cursor: cursor)
    }
    guard isShort else { return page }
    if length < limit, page.next != nil { world.mark("objects.short-page") }
    page.keys = chance.permuted(page.keys)
    return page
  }

  public func startUpload(
    _ key: String, contentType: String
  ) async throws(ObjectError) -> String {
    try ObjectKey.check(key)
    try ObjectKey.check(contentType: contentType)
    let upload = newName()
    return try await write("objects.startUpload") { content throws(ObjectError) in
      content.uploads[upload] = ObjectContent.Upload(key: key, contentType: contentType)
      return upload
    }
  }

  public func putPart(
    upload: String, number: Int, _ bytes: [UInt8]
  ) async throws(ObjectError) {
    guard (1...ObjectContent.partsMax).contains(number) else {
      throw .refused("parts are numbered from 1 to \(ObjectContent.partsMax), not \(number)")
    }
    try checkLength(bytes)
    try await write("objects.putPart") { content throws(ObjectError) in
      try content.putPart(upload, number: number, bytes)
    }
  }

  public func completeUpload(
    _ upload: String, parts: Int
  ) async throws(ObjectError) -> ObjectSummary {
    guard (1...ObjectContent.partsMax).contains(parts) else {
      throw .refused("an upload has 1 to \(ObjectContent.partsMax) parts, not \(parts)")
    }
    return try await write("objects.completeUpload") { content throws(ObjectError) in
      try content.complete(upload, parts: parts)
    }
  }

  public func abortUpload(_ upload: String) async throws(ObjectError) {
    try await write("objects.abortUpload") { content throws(ObjectError) in
      content.abort(upload)
    }
  }
}

/// What happens to a write on its way.
private enum WriteFate {
  case applied
  case unavailable
  /// The client learns nothing; the write was not carried out.
  case lostBefore
  case lostAfter
  /// Carried out after the client was told that nobody knows, if at all.
  case lostLater(applies: Bool, after: Duration)
}

/// What a read asks for.
private enum ReadKind {
  case list
  case look
  case whole
  case range
}

extension FakeObjectStore {
  private static let unreachable = ObjectError.unavailable("the object store is not reachable")

  private typealias Effect<Answer> =
    @Sendable (inout ObjectContent) throws(ObjectError) -> Answer

  private func write<Answer: Sendable>(
    _ label: StaticString, _ effect: @escaping Effect<Answer>
  ) async throws(ObjectError) -> Answer {
    let answer: Result<Answer, ObjectError> = await world.exchange(
      label, ifCancelled: .failure(.outcomeUnknown)
    ) { reply in
      self.world.schedule(after: self.latency.length(in: self.faults.requestLatency)) {
        switch self.drawFate() {
        case .unavailable:
          self.world.mark("objects.unavailable")
          self.answer(reply, .failure(Self.unreachable))
        case .applied:
          self.answer(reply, self.applied(effect))
        case .lostBefore:
          self.lose(reply, "objects.lost-before")
        case .lostAfter:
          _ = self.applied(effect)
          self.lose(reply, "objects.lost-after")
        case .lostLater(let applies, let delay):
          let lost = self.lose(reply, "objects.lost-later")
          guard applies else { return }
          self.world.schedule(after: lost + delay) { _ = self.applied(effect) }
        }
      }
    }
    return try answer.get()
  }

  private func read<Answer: Sendable>(
    _ label: StaticString, _ kind: ReadKind,
    _ look: @escaping @Sendable (ObjectContent) throws(ObjectError) -> Answer
  ) async throws(ObjectError) -> Answer {
    let answer: Result<Answer, ObjectError> = await world.exchange(
      label, ifCancelled: .failure(.unavailable("the caller was cancelled"))
    ) { reply in
      self.world.schedule(after: self.latency.length(in: self.faults.requestLatency)) {
        let faults = self.faults
        if self.chance.happens(faults.unavailable) || faults.isDown {
          self.world.mark("objects.unavailable")
          return self.answer(reply, .failure(Self.unreachable))
        }
        let found = self.state.withLock { state -> Result<Answer, ObjectError> in
          switch kind {
          case .list: break
          case .look: state.looks += 1
          case .whole, .range: state.bodies += 1
          }
          return Result { () throws(ObjectError) in try look(state.content) }
        }
        guard kind == .whole || kind == .range else { return self.answer(reply, found) }
        let isSlow = self.chance.happens(faults.slowBody)
        let isCut = self.chance.happens(faults.cutBody)
        if isSlow { self.world.mark("objects.slow-body") }
        if isCut { self.world.mark("objects.cut-body") }
        let delay = isSlow ? self.chance.length(in: faults.slowBodyLatency) : .zero
        let body = kind == .range ? self.damaged(found) : found
        self.answer(
          reply, isCut ? .failure(.unavailable("the body ended before its time")) : body,
          after: delay)
      }
    }
    return try answer.get()
  }

  /// The bytes of a range as an unlucky client gets them.
  private func damaged<Answer>(
    _ found: Result<Answer, ObjectError>
  ) -> Result<Answer, ObjectError> {
    guard chance.happens(faults.damagedRange), case .success(let answer) = found,
      var bytes = answer as? [UInt8], !bytes.isEmpty
    else { return found }
    bytes[chance.below(bytes.count)] ^= 1
    world.mark("objects.damaged-range")
    return (bytes as? Answer).map(Result.success) ?? found
  }

  private func applied<Answer>(_ effect: Effect<Answer>) -> Result<Answer, ObjectError> {
    let result = state.withLock { state in
      let result = Result { () throws(ObjectError) in try effect(&state.content) }
      if case .success = result { state.writes += 1 }
      return result
    }
    world.note("objects.applied")
    return result
  }

  /// Draws for every possible fate, so that changing one chance moves no other fate.
  private func drawFate() -> WriteFate {
    let faults = faults
    let isUnavailable = chance.happens(faults.unavailable) || faults.isDown
    let isLostBefore = chance.happens(faults.unknownNotApplied)
    let isLostAfter = chance.happens(faults.unknownApplied)
    let isLostLater = chance.happens(faults.unknownLater)
    let appliesLater = chance.happens(.percent(75))
    let delay = chance.length(in: .zero...faults.applyLaterMax)
    if isUnavailable { return .unavailable }
    if isLostBefore { return .lostBefore }
    if isLostAfter { return .lostAfter }
    return isLostLater ? .lostLater(applies: appliesLater, after: delay) : .applied
  }

  private func answer<Answer>(
    _ reply: Reply<Result<Answer, ObjectError>>, _ answer: Result<Answer, ObjectError>,
    after length: Duration = .zero
  ) {
    let delay = length + latency.length(in: faults.answerLatency)
    guard delay > .zero else { return reply.send(answer) }
    world.schedule(after: delay) { reply.send(answer) }
  }

  /// Answers, after a while, that nobody knows; the while.
  @discardableResult
  private func lose<Answer>(
    _ reply: Reply<Result<Answer, ObjectError>>, _ label: StaticString
  ) -> Duration {
    world.mark(label.description)
    let delay = latency.length(in: faults.lostAnswerLatency)
    world.schedule(after: delay) { reply.send(.failure(.outcomeUnknown)) }
    return delay
  }

  private func checkLength(_ bytes: [UInt8]) throws(ObjectError) {
    guard bytes.count <= ObjectContent.callBytesMax else {
      throw .refused("one call stores at most \(ObjectContent.callBytesMax) bytes")
    }
  }

  /// 32 hexadecimal digits that were never given before.
  private func newName() -> String {
    [names.next(), names.next()].map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
