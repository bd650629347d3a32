internal import CLinux
internal import Glibc

/// An open folder. Everything in it is reached by its name alone and never through a symbolic link,
/// so that no name and no planted link leads out of it.
///
/// Methods block.
final class Folder: Sendable {
  /// Entries that one listing takes; what is beyond comes with the next sweep.
  static let entriesMax = 100_000
  /// Names that are kept beside those that are wanted, so that they are sorted now and then only.
  private static let namesBeyond = 1_000

  private let descriptor: Int32
  private let path: String

  /// Opens the folder at a path; made with its parents if need be, mode 0700.
  convenience init(path: String) throws(FileFailure) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += made.isEmpty || made == "/" ? String(part) : "/" + part
      mkdir(made, 0o700)
    }
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileFailure(code: errno, action: "opening \(path)") }
    self.init(descriptor, path)
  }

  private init(_ descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  /// A folder in this one.
  func folder(_ name: String) throws(FileFailure) -> Folder {
    Folder(try opened(name, O_RDONLY | O_DIRECTORY), path + "/" + name)
  }

  /// A folder in this one; made, durably, if it is not there.
  func madeFolder(_ name: String) throws(FileFailure) -> Folder {
    if mkdirat(descriptor, name, 0o700) == 0 {
      try sync()
    } else if errno != EEXIST {
      throw FileFailure(code: errno, action: "making \(path)/\(name)")
    }
    return try folder(name)
  }

  /// A file for reading.
  func file(_ name: String) throws(FileFailure) -> OpenFile {
    // A pipe or device in the place of a file must not make the thread wait.
    let file = OpenFile(try opened(name, O_RDONLY | O_NONBLOCK), path + "/" + name)
    try file.expectPlain()
    return file
  }

  /// A new file for writing; the name must not be taken.
  func newFile(_ name: String) throws(FileFailure) -> OpenFile {
    OpenFile(try opened(name, O_RDWR | O_CREAT | O_EXCL), path + "/" + name)
  }

  /// Moves a file of this folder into another, replacing what has that name.
  func move(_ name: String, to other: Folder, as newName: String) throws(FileFailure) {
    let code = millrace_rename(descriptor, name, other.descriptor, newName)
    guard code == 0 else {
      throw FileFailure(code: code, action: "naming \(other.path)/\(newName)")
    }
  }

  /// Moves a file of this folder into another unless the name is taken.
  func moveNew(_ name: String, to other: Folder, as newName: String) throws(FileFailure) {
    let code = millrace_rename_new(descriptor, name, other.descriptor, newName)
    guard code == 0 else {
      throw FileFailure(code: code, action: "naming \(other.path)/\(newName)")
    }
  }

  /// True when there was a file of that name.
  @discardableResult
  func remove(_ name: String) throws(FileFailure) -> Bool {
    if unlinkat(descriptor, name, 0) == 0 { return true }
    guard errno == ENOENT else {
      throw FileFailure(code: errno, action: "removing \(path)/\(name)")
    }
    return false
  }

  /// Removes an empty folder; absent ones are fine.
  func removeFolder(_ name: String) throws(FileFailure) {
    guard unlinkat(descriptor, name, AT_REMOVEDIR) != 0, errno != ENOENT else { return }
    throw FileFailure(code: errno, action: "removing \(path)/\(name)")
  }

  /// Removes a folder with all that is in it, as far as that goes. Links are removed, not followed.
  static func removeTree(_ path: String) {
    guard let folder = try? Folder(path: path) else { return }
    folder.empty(depthMax: 8)
    _ = rmdir(path)
  }

  private func empty(depthMax: Int) {
    while let entries = try? entries(), !entries.isEmpty {
      var removed = 0
      for (name, _) in entries {
        if (try? remove(name)) == true {
          removed += 1
          continue
        }
        guard depthMax > 0, let inner = try? folder(name) else { continue }
        inner.empty(depthMax: depthMax - 1)
        if (try? removeFolder(name)) != nil { removed += 1 }
      }
      guard removed > 0 else { return }
    }
  }

  /// Makes names that were given or removed durable.
  func sync() throws(FileFailure) {
    guard fsync(descriptor) == 0 else {
      throw FileFailure(code: errno, action: "writing \(path)")
    }
  }

  /// The names in the folder, at most `entriesMax`, with the second at which each last changed.
  func entries() throws(FileFailure) -> [(name: String, changedAt: Int)] {
    var entries: [(String, Int)] = []
    try forEachName { name in
      var facts = stat()
      if fstatat(descriptor, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 {
        entries.append((name, Int(facts.st_mtim.tv_sec)))
      }
      return entries.count < Folder.entriesMax
    }
    return entries
  }

  /// The first names behind one, in their order. Reads all names of the folder and keeps few, so
  /// that no folder is too large.
  func names(behind place: String, limit: Int) throws(FileFailure) -> [String] {
    // A set: a name that is given anew meanwhile may come twice.
    var names: Set<String> = []
    try forEachName { name in
      guard name > place else { return true }
      names.insert(name)
      if names.count > limit + Folder.namesBeyond { names = Set(names.sorted().prefix(limit)) }
      return true
    }
    return Array(names.sorted().prefix(limit))
  }

  /// Hands over the names in the folder, in no order, until `body` answers false.
  private func forEachName(_ body: (String) -> Bool) throws(FileFailure) {
    // Opened anew: a copy of the descriptor would share one place in the folder.
    let listed = try opened(".", O_RDONLY | O_DIRECTORY)
    guard let stream = fdopendir(listed) else {
      let cause = errno
      close(listed)
      throw FileFailure(code: cause, action: "listing \(path)")
    }
    defer { closedir(stream) }
    while true {
      // Nothing else tells a failure from the end.
      errno = 0
      guard let entry = readdir(stream) else {
        let cause = errno
        guard cause == 0 else { throw FileFailure(code: cause, action: "listing \(path)") }
        return
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { bytes in
        bytes.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != "..", !body(name) { return }
    }
  }

  private func opened(_ name: String, _ flags: Int32) throws(FileFailure) -> Int32 {
    let opened = millrace_open_at(descriptor, name, flags, 0o600)
    guard opened >= 0 else {
      throw FileFailure(code: -opened, action: "opening \(path)/\(name)")
    }
    return opened
  }
}
