import Ports
import Testing

@testable import S3Adapter

/// A store in front of a server that answers as it was told.
struct HostileStore {
  let server: ScriptedServer
  let store: S3ObjectStore

  /// - Parameter tries: of each request.
  init(
    _ answers: [ScriptedServer.Answer], tries: Int = 1,
    _ change: (inout S3Configuration) -> Void = { _ in }
  ) throws {
    server = try ScriptedServer(answers)
    store = try HostileStore.store(server.port) { configuration in
      configuration.triesMax = tries
      // Tests wait for their turn among others, and count connections.
      configuration.idleConnectionLives = .seconds(3_600)
      change(&configuration)
    }
  }

  static func store(
    _ port: Int, _ change: (inout S3Configuration) -> Void
  ) throws -> S3ObjectStore {
    var configuration = try S3Configuration(url: "http://key:secret@127.0.0.1:\(port)/bucket")
    configuration.retryWait = .milliseconds(1)
    configuration.retryWaitMax = .milliseconds(2)
    change(&configuration)
    return TestStore.make(configuration)
  }

  func end() async {
    await store.close()
    server.stop()
  }

  func put(ifAbsent: Bool = false, _ bytes: [UInt8] = [1, 2, 3]) async -> ObjectError? {
    do throws(ObjectError) {
      try await store.put("a", bytes, contentType: "t", ifAbsent: ifAbsent)
      return nil
    } catch {
      return error
    }
  }

  func get(_ range: Range<Int64>? = nil) async -> Result<[UInt8], ObjectError> {
    do throws(ObjectError) {
      return .success(try await store.get("a", range))
    } catch {
      return .failure(error)
    }
  }

  /// The error of reading, when there has to be one.
  func getError(_ range: Range<Int64>? = nil) async -> ObjectError? {
    guard case .failure(let error) = await get(range) else { return nil }
    return error
  }

  /// The fields of an object with this content.
  static func fields(_ content: String, type: String = "dA") -> [String] {
    [
      "x-amz-meta-millrace-sha256: \(TestStore.digest.hexadecimal(of: Array(content.utf8)))",
      "x-amz-meta-millrace-size: \(content.utf8.count)", "x-amz-meta-millrace-type: \(type)",
      "x-amz-meta-millrace-writer: someone", "etag: \"tag\"",
    ]
  }

  static func object(_ content: String) -> ScriptedServer.Answer {
    .text(ScriptedServer.answer("200 OK", content, fields(content)))
  }
}

extension ObjectError {
  var isUnavailable: Bool {
    if case .unavailable = self { return true }
    return false
  }

  var isRefused: Bool {
    if case .refused = self { return true }
    return false
  }

  var isInConflict: Bool {
    if case .conflict = self { return true }
    return false
  }
}
