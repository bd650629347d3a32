internal import Domain
internal import Ports

/// The operations of S3 on single objects, and lists of them.
extension S3Client {
  /// Stores an object; S3 compares what came with its digest.
  ///
  /// - Returns: its tag.
  @discardableResult
  func put(
    _ name: String, _ bytes: [UInt8], digest sum: [UInt8], _ fields: [(String, String)]
  ) async throws(S3Failure) -> String {
    let fields = [("x-amz-checksum-sha256", Base64.standard.text(sum))] + fields
    let answer = try await send(
      S3Call(method: .put, name: name, fields: fields, body: bytes), payload: sum)
    return answer.tag
  }

  /// - Parameters:
  ///   - range: not empty; nil for all of it.
  ///   - tag: what the object has to have; else the call fails with `.precondition`.
  func get(
    _ name: String, _ range: Range<Int64>?, bytesMax: Int, tag: String? = nil
  ) async throws(S3Failure) -> TransferAnswer {
    var fields: [(String, String)] = []
    if let range {
      fields.append(("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
    }
    if let tag { fields.append(("if-match", "\"\(tag)\"")) }
    return try await send(
      S3Call(method: .get, name: name, fields: fields, answerBytesMax: bytesMax))
  }

  /// What is known of an object, as the fields of the answer.
  ///
  /// An answer to HEAD has no document that could tell why there is no object, so that is asked for
  /// by reading one byte.
  func head(_ name: String) async throws(S3Failure) -> TransferAnswer {
    do throws(S3Failure) {
      return try await send(S3Call(method: .head, name: name))
    } catch {
      guard case .unexplained = error.kind else { throw error }
      _ = try await get(name, 0..<1, bytesMax: configuration.documentBytesMax)
      // It has come meanwhile.
      return try await send(S3Call(method: .head, name: name))
    }
  }

  /// Absent objects are fine.
  func delete(_ name: String) async throws(S3Failure) {
    do throws(S3Failure) {
      _ = try await send(S3Call(method: .delete, name: name))
    } catch {
      guard error.kind == .absent else { throw error }
    }
  }

  /// Deletes several, some at once; says how many are surely gone.
  @discardableResult
  func delete(all names: [String]) async -> Int {
    await withTaskGroup(of: Bool.self) { group in
      var gone = 0
      for (index, name) in names.enumerated() {
        if index >= configuration.fanOutMax, await group.next() == true { gone += 1 }
        group.addTask {
          do throws(S3Failure) {
            try await delete(name)
            return true
          } catch {
            return false
          }
        }
      }
      for await isGone in group where isGone { gone += 1 }
      return gone
    }
  }

  /// Names that begin so, in the order of their bytes; no more than `limit` and `pageNamesMax`.
  func list(
    _ prefix: String, from place: String?, limit: Int = .max
  ) async throws(S3Failure) -> ListPage<ListedName, String> {
    let count = min(limit, configuration.pageNamesMax)
    var query = [("list-type", "2"), ("prefix", prefix), ("max-keys", "\(count)")]
    if let place { query.append(("continuation-token", place)) }
    let document = try await document(S3Call(method: .get, name: "", query: query))
    guard let page = ListPage<ListedName, String>(document) else { throw .strange("a list") }
    return page
  }

  /// The document that a call answers with.
  func document(_ call: S3Call) async throws(S3Failure) -> XMLElement {
    var call = call
    call.answerBytesMax = configuration.documentBytesMax
    let answer = try await send(call)
    guard let document = XMLReader.root(answer.body) else { throw .strange("a document") }
    return document
  }
}

extension S3Failure {
  /// What came is not what S3 answers with.
  static func strange(_ what: String) -> S3Failure {
    S3Failure(
      kind: .unavailable("the object store answered with something else than \(what)"),
      isInDoubt: true)
  }
}

extension TransferAnswer {
  /// What S3 calls the content; without its quotes.
  var tag: String { (field("etag") ?? "").filter { $0 != "\"" } }
}
