internal import Domain
internal import Ports
internal import SystemAdapter

/// Signs the operations of S3, sends them, judges the answers, and repeats what can be repeated.
///
/// Every operation may be repeated: names have one content, or the last one wins and the caller is
/// still waiting.
struct S3Client: Sendable {
  let configuration: S3Configuration
  let digest: any Digest
  let time: any Time
  let randomness: any Randomness
  let telemetry: any Telemetry
  let transfers: TransferLoop
  /// Digests of many bytes are made here, not on the loop.
  let pool: BlockingPool
  let signer: RequestSigner

  /// Digests of fewer bytes than this take less time than going to another thread.
  private static let bytesOnLoopMax = 64 << 10

  /// Sends a call until it has a final answer or the tries are spent.
  ///
  /// - Parameter payload: the SHA-256 of the body, when the caller has it already.
  func send(_ call: S3Call, payload: [UInt8]? = nil) async throws(S3Failure) -> TransferAnswer {
    let payload =
      if let payload { payload } else { try await digest(of: call.body) }
    var isInDoubt = false
    var tries = 0
    while true {
      tries += 1
      let failure: S3Failure
      let isRetried: Bool
      do throws(TransferFailure) {
        let answer = try await transfers.exchange(request(call, payload: payload))
        switch S3Verdict(answer, to: call) {
        case .success: return answer
        case .failure(let why, let isWorthIt): (failure, isRetried) = (why, isWorthIt)
        }
      } catch {
        (failure, isRetried) = S3Client.judge(error)
      }
      isInDoubt = isInDoubt || failure.isInDoubt && call.isWrite
      guard isRetried, tries < configuration.triesMax, await pause(after: tries) else {
        throw S3Failure(kind: failure.kind, isInDoubt: isInDoubt)
      }
      telemetry.count("objects.s3.repeated", 1, [("method", call.method.rawValue)])
    }
  }

  /// SHA-256, away from the loop when it takes its time.
  func digest(of bytes: [UInt8]) async throws(S3Failure) -> [UInt8] {
    guard bytes.count > S3Client.bytesOnLoopMax else { return digest.digest(bytes) }
    return try await onThread { [digest] in digest.digest(bytes) }
  }

  func onThread<Answer: Sendable>(
    _ body: @escaping @Sendable () -> Answer
  ) async throws(S3Failure) -> Answer {
    do throws(BlockingPool.Refusal) {
      return try await pool.run(body)
    } catch {
      let message =
        error == .full ? "too many calls wait for their digests" : "the object store is closed"
      throw S3Failure(kind: .unavailable(message))
    }
  }

  /// 32 hexadecimal digits that were never given before.
  func newID() -> String { digest.hexadecimal(digest: randomness.bytes(16)) }

  private func request(_ call: S3Call, payload: [UInt8]) -> TransferRequest {
    let now = SigningTime(time.now())
    let payload = digest.hexadecimal(digest: payload)
    var fields = call.fields
    fields += [
      ("host", configuration.hostField), ("x-amz-content-sha256", payload),
      ("x-amz-date", now.second),
    ]
    if let token = configuration.credentials.sessionToken {
      fields.append(("x-amz-security-token", token))
    }
    let path = configuration.path(call.name)
    let signature = signer.authorization(
      of: SignableRequest(
        method: call.method.rawValue, path: path, query: call.query, fields: fields),
      payload: payload, at: now)
    let query = RequestSigner.canonicalQuery(call.query)
    return TransferRequest(
      method: call.method,
      url: configuration.origin + PercentEncoding.path(path) + (query.isEmpty ? "" : "?\(query)"),
      fields: fields + [("authorization", signature)], body: call.body,
      answerBytesMax: call.answerBytesMax)
  }

  private static func judge(_ failure: TransferFailure) -> (S3Failure, isRetried: Bool) {
    switch failure {
    case .unsent(let message):
      (S3Failure(kind: .unavailable("the object store is out of reach: \(message)")), true)
    case .lost(let message):
      (
        S3Failure(
          kind: .unavailable("the object store's answer was lost: \(message)"), isInDoubt: true),
        true
      )
    case .tooLarge(let size): (S3Failure(kind: .tooLarge(size), isInDoubt: true), false)
    case .cancelled: (S3Failure(kind: .cancelled, isInDoubt: true), false)
    case .closed: (S3Failure(kind: .unavailable("the object store is closed")), false)
    }
  }

  /// Waits before another try; false when the task was cancelled meanwhile.
  private func pause(after tries: Int) async -> Bool {
    let longest = (0..<min(tries - 1, 20)).reduce(configuration.retryWait) { wait, _ in
      min(wait * 2, configuration.retryWaitMax)
    }
    // Between half and whole, so that those who failed together do not come again together.
    let half = Int64(longest.wholeMicroseconds / 2)
    let part = Int64(randomness.next() % UInt64(max(half, 1)))
    do {
      try await time.sleep(for: .microseconds(half + part))
      return true
    } catch {
      return false
    }
  }
}
