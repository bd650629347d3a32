import Glibc
import Ports
import Testing

@testable import S3Adapter

/// The server that `scripts/test.sh` starts, by TLS with a certificate of its own.
@Suite struct SecureStoreTests {
  private func configuration() throws -> S3Configuration {
    let url = try #require(
      getenv("MILLRACE_S3_SECURE").map { String(cString: $0) },
      "infra/local/objects.sh secure FOLDER says what MILLRACE_S3_SECURE is")
    var configuration = try S3Configuration(url: url)
    configuration.prefix = try TestStore.configuration().prefix
    configuration.retryWait = .milliseconds(1)
    return configuration
  }

  private func put(_ configuration: S3Configuration) async -> ObjectError? {
    let store = TestStore.make(configuration)
    var fault: ObjectError?
    do throws(ObjectError) {
      try await store.put("a/b", [1, 2], contentType: "t", ifAbsent: false)
      if try await store.get("a/b", nil) != [1, 2] { fault = .conflict("other bytes") }
    } catch {
      fault = error
    }
    await store.close()
    return fault
  }

  @Test func `a server whose certificate is in the file is trusted`() async throws {
    #expect(try await put(configuration()) == nil)
  }

  @Test func `a server that nobody vouches for gets nothing`() async throws {
    var configuration = try configuration()
    configuration.authoritiesFile = nil
    #expect(await put(configuration)?.isUnavailable == true)
  }

  @Test func `a certificate is good for its names only`() async throws {
    var configuration = try configuration()
    configuration.host = "other.localhost"
    #expect(await put(configuration)?.isUnavailable == true)
  }

  /// The bucket stands before the host, in the address and in the signature.
  @Test func `a bucket can be a name of the server`() async throws {
    var configuration = try configuration()
    configuration.host = "localhost"
    configuration.addressing = .virtualHost
    #expect(await put(configuration) == nil)
  }
}
