internal import ArtifactCore
internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// Answers workers about the files of attempts that they run. Bytes go by signed links.
struct ArtifactGateway: RPCHandler {
  let ports: ArtifactPorts
  let desk: ArtifactDesk
  let uploads: UploadDesk
  let links: LinkDesk

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    let methods = [ArtifactsMethods.offer, ArtifactsMethods.complete, ArtifactsMethods.find]
    guard methods.contains(method) else { throw RPCError(.unimplemented, "no method \(method)") }
    do throws(Problem) {
      if method == ArtifactsMethods.offer {
        return try await offer(try decoded(request)).encoded()
      }
      if method == ArtifactsMethods.complete {
        return try await complete(try decoded(request)).encoded()
      }
      return try await find(try decoded(request)).encoded()
    } catch {
      throw RPCError(error)
    }
  }

  private func decoded<Message: WireMessage>(_ bytes: [UInt8]) throws(Problem) -> Message {
    guard let message = try? Message(decoding: bytes) else {
      throw Problem(400, "undecodable", "the request cannot be decoded")
    }
    return message
  }

  private func attempt(_ text: String) throws(Problem) -> AttemptID {
    guard let attempt = AttemptID(text: text) else {
      throw Problem(400, "bad-attempt", "'\(text)' is no attempt")
    }
    return attempt
  }

  // MARK: Bringing

  private func offer(
    _ message: OfferArtifactRequest
  ) async throws(Problem) -> OfferArtifactResponse {
    let attempt = try attempt(message.attempt)
    guard FileName.fault(in: message.name) == nil,
      message.path.isEmpty || FileName.fault(inPath: message.path) == nil
    else { throw Problem(422, "bad-name", "the file's name cannot be kept") }
    guard (0...ports.configuration.artifactBytesMax).contains(message.size) else {
      throw Problem.tooLarge(Int(clamping: ports.configuration.artifactBytesMax))
    }
    guard let digest = ContentDigest(hexadecimal: message.digest) else {
      throw Problem(400, "bad-digest", "the file's SHA-256 is missing")
    }
    let namespace = try await desk.runs.namespace(of: attempt.run)
    let place = ArtifactPlace(
      namespace: namespace, run: attempt.run,
      maker: ArtifactPlace.Maker(task: attempt.task, fence: attempt.fence), name: message.name,
      path: message.path)
    let outcome = try await uploads.open(
      ArtifactDesk.Order(
        place: place, expectation: .init(size: message.size, digest: digest),
        contentType: MediaType.read(message.contentType) ?? MediaType.unknown,
        principal: "task \(attempt.task)"))
    let id = outcome.stored.id
    if outcome.wasThere { return OfferArtifactResponse(artifact: id.text, isReady: true) }
    let layout = PartLayout(outcome.stored.record)
    return OfferArtifactResponse(
      artifact: id.text, link: links.link(.put, id, for: links.lengthMax(.put), of: .worker).url,
      partBytes: layout.partBytes, parts: Int32(clamping: layout.count))
  }

  private func complete(
    _ message: CompleteArtifactRequest
  ) async throws(Problem) -> CompleteArtifactResponse {
    let attempt = try attempt(message.attempt)
    let id = try self.id(message.artifact)
    let stored = try await desk.find(id)
    let maker = ArtifactPlace.Maker(task: attempt.task, fence: attempt.fence)
    guard stored.place.run == attempt.run, stored.place.maker == maker else {
      throw Problem.notFound("artifact \(id)")
    }
    _ = try await uploads.complete(stored)
    return CompleteArtifactResponse()
  }

  private func id(_ text: String) throws(Problem) -> ArtifactID {
    guard let id = ArtifactID(text: text) else { throw Problem.notFound("artifact \(text)") }
    return id
  }

  // MARK: Fetching

  private func find(
    _ message: FindArtifactsRequest
  ) async throws(Problem) -> FindArtifactsResponse {
    let attempt = try attempt(message.attempt)
    let namespace = try await desk.runs.namespace(of: attempt.run)
    if !message.artifact.isEmpty {
      let stored = try await desk.find(try id(message.artifact))
      // A file of another namespace does not exist for this run.
      guard stored.place.namespace == namespace, stored.content != nil else {
        throw Problem.notFound("artifact \(message.artifact)")
      }
      return FindArtifactsResponse(files: [file(stored)])
    }
    guard let task = TaskKey(text: message.task) else {
      throw Problem(400, "bad-task", "'\(message.task)' is no task")
    }
    let run = try await keeper(message.run, for: attempt, namespace)
    let (files, isTruncated) = try await newest(message.name, of: task, in: run, namespace)
    return FindArtifactsResponse(files: files.map(file), isTruncated: isTruncated)
  }

  /// The run whose files are asked for: a rerun has those of the run that it took a task over from.
  private func keeper(
    _ text: String, for attempt: AttemptID, _ namespace: NamespaceName
  ) async throws(Problem) -> RunID {
    if text.isEmpty { return attempt.run }
    guard let run = RunID(text: text) else {
      throw Problem(400, "bad-run", "'\(text)' is no run")
    }
    // A run of another namespace does not exist for this one.
    guard try await desk.runs.namespace(of: run) == namespace else {
      throw Problem.notFound("run \(run)")
    }
    return run
  }

  /// The files of a name from the newest attempt that has any.
  private func newest(
    _ name: String, of task: TaskKey, in run: RunID, _ namespace: NamespaceName
  ) async throws(Problem) -> ([StoredArtifact], isTruncated: Bool) {
    let prefix: [RecordValue] = [
      .text(namespace.text), .text(run.text), .text(task.description),
    ]
    var found: [StoredArtifact] = []
    var after: RecordCursor?
    var scanned = 0
    repeat {
      let page: (records: [Versioned<ArtifactPlaceRecord>], next: RecordCursor?)
      do throws(StoreError) {
        page = try await ports.store.query(
          ArtifactTables.places,
          RecordQuery(
            table: ArtifactTables.places.name, prefix: prefix, isDescending: true,
            limit: ports.configuration.sweepBatchMax, after: after))
      } catch {
        throw Problem(error)
      }
      for row in page.records {
        scanned += 1
        guard row.record.name == name, let id = ArtifactID(text: row.record.artifact) else {
          continue
        }
        if let first = found.first, first.record.attempt != row.record.attempt {
          return (found.reversed(), false)
        }
        guard let stored = try await desk.stored(id), stored.content != nil else { continue }
        guard found.count < ports.configuration.filesFoundMax else {
          return (found.reversed(), true)
        }
        found.append(stored)
      }
      after = page.next
    } while after != nil && scanned < ports.configuration.rowsScannedMax
    return (found.reversed(), after != nil)
  }

  private func file(_ stored: StoredArtifact) -> FindArtifactsResponse.File {
    FindArtifactsResponse.File(
      artifact: stored.id.text, path: stored.record.path, size: stored.record.size,
      digest: stored.record.digest,
      link: links.link(.get, stored.id, for: links.lengthMax(.get), of: .worker).url,
      name: stored.record.name)
  }
}

extension RPCError {
  /// From a problem: who asked learns what to do about it.
  init(_ problem: Problem) {
    let code: RPCError.Code =
      switch problem.status {
      case 400, 413, 415, 422: .invalidArgument
      case 403: .resourceExhausted
      case 404: .notFound
      case 409: .failedPrecondition
      case 429, 503: .unavailable
      default: .internal
      }
    self.init(code, problem.detail)
  }
}
