internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// Talks to the artifact service about the files of one attempt. Control goes by remote calls,
/// bytes by the signed links that these answer with.
struct ArtifactClient: Sendable {
  /// Why a file did not travel, in words for the log of the task.
  struct Failure: Error {
    var message: String
    /// A link has come to the end of its time: another one may be had.
    var isExpired = false
    /// Nothing is wrong with the file: another try, here or elsewhere, may have more luck.
    var mayPass = false

    init(_ message: String) {
      self.message = message
    }
  }

  let attempt: AttemptID
  let ports: WorkerPorts
  let digest: any Digest
  /// Shows that the attempt is not silent.
  let sign: @Sendable () async -> Void

  private var limits: TransferLimits { ports.configuration.transfers }

  // MARK: Keeping

  /// Keeps a file of a folder under a name. Doing it again changes nothing.
  func keep(
    _ file: WorkFile, from folder: any WorkFolder, name: String, path: String
  ) async throws(Failure) {
    guard file.size <= limits.fileBytesMax else {
      throw Failure("it has \(file.size) bytes; at most \(limits.fileBytesMax) are kept")
    }
    let request = OfferArtifactRequest(
      attempt: attempt.description, name: name, path: path, size: file.size,
      digest: try await digest(of: file, in: folder))
    var offer: OfferArtifactResponse = try await call(ArtifactsMethods.offer, request)
    guard !offer.isReady else { return }
    let partBytes = offer.parts == 0 ? file.size : offer.partBytes
    let parts = max(Int64(offer.parts), 1)
    guard file.size == 0 || partBytes > 0 else {
      throw Failure("the artifact service cut it into nothing")
    }
    for part in 1...parts {
      let start = (part - 1) * partBytes
      let bytes = try await read(file, start..<min(start + partBytes, file.size), in: folder)
      let suffix = offer.parts == 0 ? "" : "&part=\(part)"
      do throws(Failure) {
        try await send(bytes, to: offer.link + suffix)
      } catch {
        guard error.isExpired else { throw error }
        offer = try await call(ArtifactsMethods.offer, request)
        guard !offer.isReady else { return }
        try await send(bytes, to: offer.link + suffix)
      }
    }
    guard offer.parts > 0 else { return }
    let _: CompleteArtifactResponse = try await call(
      ArtifactsMethods.complete,
      CompleteArtifactRequest(attempt: attempt.description, artifact: offer.artifact))
  }

  private func digest(
    of file: WorkFile, in folder: any WorkFolder
  ) async throws(Failure) -> String {
    let stream = digest.begin()
    var place: Int64 = 0
    while place < file.size {
      let end = min(place + Int64(limits.pieceBytes), file.size)
      stream.update(try await read(file, place..<end, in: folder))
      place = end
      await sign()
    }
    return digest.hexadecimal(digest: stream.finish())
  }

  private func read(
    _ file: WorkFile, _ range: Range<Int64>, in folder: any WorkFolder
  ) async throws(Failure) -> [UInt8] {
    guard !range.isEmpty else { return [] }
    do throws(WorkFolderError) {
      let bytes = try await folder.read(file.path, range)
      guard bytes.count == range.count else {
        throw WorkFolderError("it changed while it was read")
      }
      return bytes
    } catch {
      throw Failure(error.message)
    }
  }

  private func send(_ bytes: [UInt8], to link: String) async throws(Failure) {
    try await trying { () throws(Trouble) in
      let answer = try await exchange("PUT", link, bytes)
      await sign()
      let text = try await text(of: answer)
      if (200..<300).contains(answer.status) { return }
      throw Trouble(status: answer.status, text)
    }
  }

  // MARK: Bringing

  /// What an entry of `files:` names.
  func find(
    _ source: FileOrder.Source
  ) async throws(Failure) -> [FindArtifactsResponse.File] {
    var request = FindArtifactsRequest(attempt: attempt.description)
    switch source {
    case .artifact(let task, let name, let keeper):
      request.task = task.text
      request.name = name
      request.run = keeper?.text ?? ""
    case .id(let id):
      request.artifact = id
    }
    let answer: FindArtifactsResponse = try await call(ArtifactsMethods.find, request)
    guard !answer.isTruncated, answer.files.count <= limits.filesMax else {
      throw Failure("it has more than \(limits.filesMax) files: pack them into one")
    }
    return answer.files
  }

  /// Brings a file into a folder, whole and verified or not at all for the task: an attempt whose
  /// files did not come never starts.
  func bring(
    _ file: FindArtifactsResponse.File, to path: String, in folder: any WorkFolder
  ) async throws(Failure) {
    var place: Int64 = 0
    var link = file.link
    let stream = digest.begin()
    try await trying { () throws(Trouble) in
      let fields = place > 0 ? [HTTPField("Range", "bytes=\(place)-")] : []
      let answer = try await exchange("GET", link, [], fields)
      guard answer.status == (place > 0 ? 206 : 200) else {
        let trouble = Trouble(status: answer.status, try await text(of: answer))
        guard answer.status == 403 else { throw trouble }
        link = try await freshLink(to: file)
        throw Trouble(mayPass: true, trouble.message)
      }
      await answer.body.allow(upTo: Int(clamping: file.size))
      while let piece = try await next(answer.body) {
        try await write(piece, to: path, at: place, in: folder)
        stream.update(piece)
        place += Int64(piece.count)
        await sign()
      }
      guard place >= file.size else { throw Trouble(mayPass: true, "the connection ended early") }
      if file.size == 0 { try await write([], to: path, at: 0, in: folder) }
    }
    guard place == file.size, digest.hexadecimal(digest: stream.finish()) == file.digest else {
      throw Failure("it arrived damaged: its SHA-256 is another")
    }
  }

  private func freshLink(
    to file: FindArtifactsResponse.File
  ) async throws(Trouble) -> String {
    do throws(Failure) {
      return try await find(.id(file.artifact)).first?.link ?? file.link
    } catch {
      throw Trouble(mayPass: false, error.message)
    }
  }

  private func write(
    _ bytes: [UInt8], to path: String, at place: Int64, in folder: any WorkFolder
  ) async throws(Trouble) {
    do throws(WorkFolderError) {
      try await folder.write(path, bytes, at: place)
    } catch {
      throw Trouble(mayPass: false, error.message)
    }
  }

  // MARK: Calling

  /// What went wrong with one try.
  fileprivate struct Trouble: Error {
    var mayPass: Bool
    var isExpired = false
    var message: String

    init(mayPass: Bool, _ message: String) {
      self.mayPass = mayPass
      self.message = message
    }

    init(status: Int, _ text: String) {
      let detail = (try? Value(json: text)).flatMap { value in
        if case .object(let members) = value, case .string(let detail)? = members["detail"] {
          return detail
        }
        return nil
      }
      self.init(
        mayPass: [408, 429, 500, 502, 503, 504].contains(status),
        detail ?? "the artifact service answered \(status)")
      isExpired = status == 403
    }
  }

  private func call<Answer: WireMessage>(
    _ method: String, _ request: some WireMessage
  ) async throws(Failure) -> Answer {
    let bytes = request.encoded()
    return try await trying { () throws(Trouble) in
      let answer: [UInt8]
      do throws(RPCError) {
        answer = try await ports.network.call(
          ArtifactsMethods.service, method, bytes, within: limits.callWithin)
      } catch {
        let passing: [RPCError.Code] = [
          .unavailable, .deadlineExceeded, .aborted, .unknown, .internal, .cancelled,
        ]
        throw Trouble(mayPass: passing.contains(error.code), error.message)
      }
      await sign()
      guard let message = try? Answer(decoding: answer) else {
        throw Trouble(mayPass: false, "the artifact service's answer cannot be decoded")
      }
      return message
    }
  }

  private func exchange(
    _ method: String, _ url: String, _ body: [UInt8], _ fields: [HTTPField] = []
  ) async throws(Trouble) -> HTTPAnswer {
    do throws(HTTPError) {
      return try await ports.network.send(
        HTTPCall(
          method: method, url: url,
          fields: HTTPFields(fields + [HTTPField("Content-Length", "\(body.count)")]), body: body,
          timeout: limits.answerWithin))
    } catch {
      throw Trouble(error)
    }
  }

  private func next(_ body: any HTTPBodySource) async throws(Trouble) -> [UInt8]? {
    do throws(HTTPError) {
      return try await body.next()
    } catch {
      throw Trouble(error)
    }
  }

  private func text(of answer: HTTPAnswer) async throws(Trouble) -> String {
    var bytes: [UInt8] = []
    while let piece = try await next(answer.body), bytes.count < 64 << 10 { bytes += piece }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func trying<Answer>(
    _ body: () async throws(Trouble) -> Answer
  ) async throws(Failure) -> Answer {
    var wait = limits.retryWait
    var triesLeft = limits.triesMax
    while true {
      do throws(Trouble) {
        return try await body()
      } catch {
        triesLeft -= 1
        guard error.mayPass, triesLeft > 0, !Task.isCancelled else {
          var failure = Failure(error.message)
          failure.isExpired = error.isExpired
          failure.mayPass = error.mayPass
          throw failure
        }
      }
      try? await ports.context.time.sleep(for: wait)
      wait = min(wait * 2, limits.retryWaitMax)
    }
  }
}

extension ArtifactClient.Trouble {
  fileprivate init(_ error: HTTPError) {
    switch error {
    case .tooLarge: self.init(mayPass: false, "the answer is too large")
    case .malformed(let why): self.init(mayPass: true, why)
    case .disconnected: self.init(mayPass: true, "the connection ended")
    case .unreachable(let why): self.init(mayPass: true, why)
    case .timedOut: self.init(mayPass: true, "no answer in time")
    }
  }
}
