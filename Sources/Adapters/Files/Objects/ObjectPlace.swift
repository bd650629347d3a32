internal import Ports

/// Where the file of an object is: a folder named by the first two hexadecimal digits of its key's
/// digest, and in it a file named by the others. No folder grows without end.
struct ObjectPlace: Hashable, Sendable {
  /// All folders that there can be, in their order.
  static let folders = (0..<256).map { number in
    (number < 16 ? "0" : "") + String(number, radix: 16)
  }

  let folder: String
  let file: String

  init(folder: String, file: String) {
    self.folder = folder
    self.file = file
  }

  init(of key: String, _ digest: any Digest) {
    let name = digest.hexadecimal(of: [UInt8](key.utf8))
    self.init(folder: String(name.prefix(2)), file: String(name.dropFirst(2)))
  }

  /// - Throws: `.refused` unless it is what `cursor` is of some place.
  init(cursor: String) throws(ObjectError) {
    let parts = cursor.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, ObjectPlace.folders.contains(parts[0]), !parts[1].isEmpty else {
      throw .refused("the cursor \(cursor) is of no page: list from the beginning")
    }
    self.init(folder: parts[0], file: parts[1])
  }

  /// For a list that goes on behind this place.
  var cursor: String { "\(folder)/\(file)" }
}
