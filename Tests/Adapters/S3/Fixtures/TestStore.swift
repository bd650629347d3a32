import CryptoAdapter
import Domain
import Glibc
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import S3Adapter

/// Stores on the throw-away server that `scripts/test.sh` starts, each below a prefix of its own.
enum TestStore {
  static let loop: EventLoop = {
    guard let loop = try? EventLoop(name: "s3-test") else {
      preconditionFailure("the system refused an event loop")
    }
    loop.start()
    return loop
  }()
  static let time = SystemTime(on: loop)
  static let digest = OpenSSLDigest()

  /// - Throws: when there is no server: nothing is skipped silently.
  static func configuration() throws -> S3Configuration {
    let url = try #require(
      getenv("MILLRACE_S3").map { String(cString: $0) },
      "start a server by infra/local/objects.sh and name it by MILLRACE_S3")
    var configuration = try S3Configuration(url: url)
    configuration.prefix = "t\(String(SystemRandomness().next(), radix: 16))/"
    // A machine that is busy with all other tests may let a server stand still for seconds.
    configuration.answerWithin = .seconds(120)
    configuration.placeWithin = .seconds(120)
    return configuration
  }

  static func make(
    _ change: (inout S3Configuration) -> Void = { _ in }
  ) throws -> S3ObjectStore {
    var configuration = try configuration()
    change(&configuration)
    return make(configuration)
  }

  static func make(
    _ configuration: S3Configuration, time: any Time = TestStore.time
  ) -> S3ObjectStore {
    S3ObjectStore(
      configuration, on: loop, digest: digest, time: time, randomness: SystemRandomness(),
      telemetry: SilentTelemetry())
  }

  /// Bytes that are the same each time and do not repeat soon.
  static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    var bytes = [UInt8]()
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      withUnsafeBytes(of: state) { bytes.append(contentsOf: $0) }
    }
    return Array(bytes.prefix(count))
  }
}
