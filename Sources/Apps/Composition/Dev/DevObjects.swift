internal import CryptoAdapter
internal import Domain
internal import FilesAdapter
internal import Glibc
internal import Ports
internal import Synchronization

/// Where `dev` keeps the contents of artifacts: below its data, or in a folder that goes with it.
enum DevObjects {
  private static let prefix = "objects-"
  /// Servers of one process have a folder each: one that stops takes its own away.
  private static let counter = Atomic<Int>(0)

  static func open(
    _ data: String?, temporary: String, time: any Time, randomness: any Randomness
  ) throws(StartFailure) -> FolderObjectStore {
    let directory: String
    if let data {
      directory = data + "/objects"
    } else {
      removeLeftovers(in: temporary)
      let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
      directory = "\(temporary)/\(prefix)\(getpid())-\(number)"
    }
    do throws(ObjectError) {
      return try FolderObjectStore(
        FolderObjectStoreConfiguration(directory: directory), digest: OpenSSLDigest(), time: time,
        randomness: randomness)
    } catch {
      throw StartFailure(
        "the folder \(directory) cannot be used: \(error)",
        hint: "it needs write permission and room on its disk")
    }
  }

  /// Removes what processes that were killed have left.
  private static func removeLeftovers(in temporary: String) {
    guard let list = opendir(temporary) else { return }
    defer { closedir(list) }
    while let entry = readdir(list) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasPrefix(prefix),
        let process = pid_t(name.dropFirst(prefix.count).prefix { $0 != "-" }), process > 0,
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      FolderObjectStore.removeFolder("\(temporary)/\(name)")
    }
  }
}
