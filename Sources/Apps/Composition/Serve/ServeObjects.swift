internal import CryptoAdapter
internal import Domain
internal import FilesAdapter
internal import Ports
internal import S3Adapter
internal import ServiceKit

/// Where a process keeps the contents of artifacts: in a bucket that all share, or in a folder.
enum ServeObjects: Sendable {
  case folder(FolderObjectStore)
  case s3(S3ObjectStore)

  /// Nil for a process that keeps none. A bucket that is not there now may come later.
  static func open(
    _ configuration: ServeConfiguration, _ runtime: Runtime
  ) throws(StartFailure) -> ServeObjects? {
    guard configuration.services.contains(.artifact) else { return nil }
    if let s3 = configuration.s3 { return .s3(try opened(s3, runtime)) }
    guard let folder = configuration.dataDirectory else { return nil }
    do throws(ObjectError) {
      return .folder(
        try FolderObjectStore(
          FolderObjectStoreConfiguration(directory: folder + "/objects"), digest: OpenSSLDigest(),
          time: runtime.time, randomness: runtime.randomness))
    } catch { throw StartFailure(opening: error) }
  }

  private static func opened(
    _ s3: ServeConfiguration.S3, _ runtime: Runtime
  ) throws(StartFailure) -> S3ObjectStore {
    do throws(S3ConfigurationError) {
      let credentials = s3.accessKey.map {
        S3Credentials(
          accessKey: $0, secretKey: s3.secretKey ?? "", sessionToken: s3.sessionToken)
      }
      return S3ObjectStore(
        try S3Configuration(url: s3.url, credentials: credentials), on: runtime.loop,
        digest: OpenSSLDigest(), time: runtime.time, randomness: runtime.randomness,
        telemetry: runtime.metrics)
    } catch {
      throw StartFailure(error.description, hint: "check --s3 and the variables of its credentials")
    }
  }

  var store: any ObjectStore {
    switch self {
    case .folder(let store): store
    case .s3(let store): store
    }
  }

  /// What shows whether it can be used now; nil for a folder.
  var check: HealthWatch.Check? {
    guard case .s3(let store) = self else { return nil }
    return HealthWatch.Check("objects") {
      do throws(ObjectError) {
        _ = try await store.head("health")
        return nil
      } catch {
        // Nobody makes such an object: who answers that it is not there answers.
        return error == .notFound ? nil : "\(error)"
      }
    }
  }

  func runSweeping(_ telemetry: any Telemetry) async {
    switch self {
    case .folder(let store): await store.runSweeping(telemetry)
    case .s3(let store): await store.runSweeping(telemetry)
    }
  }

  func close() async {
    switch self {
    case .folder(let store): await store.close()
    case .s3(let store): await store.close()
    }
  }
}
