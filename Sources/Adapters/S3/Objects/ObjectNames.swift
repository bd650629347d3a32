/// Where things stand in the bucket.
///
///     PREFIX objects/KEY/~            an object: its content, or a pointer to it
///     PREFIX objects/KEY/~CONTENT     a content that came in parts
///     PREFIX uploads/UPLOAD/head      what an upload is and what became of it
///     PREFIX uploads/UPLOAD/parts/N   a part too small for S3, or a note of one that is not
///
/// Keys have no `~`, so that no name is another one's folder: some stores keep names as files of a
/// tree and could not hold `a` beside `a/b`. `head` stands before `parts` in lists.
struct ObjectNames: Sendable {
  let prefix: String

  var objects: String { "\(prefix)objects/" }
  var uploads: String { "\(prefix)uploads/" }

  func object(_ key: String) -> String { "\(objects)\(key)/~" }
  func content(_ content: String, of key: String) -> String { "\(objects)\(key)/~\(content)" }
  func head(_ upload: String) -> String { "\(uploads)\(upload)/head" }
  func parts(_ upload: String) -> String { "\(uploads)\(upload)/parts/" }

  /// Numbers have five digits, so that the order of names is theirs.
  func part(_ number: Int, of upload: String) -> String {
    let digits = "\(number)"
    return parts(upload) + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// The number of a part by its name.
  func partNumber(_ name: String, of upload: String) -> Int? {
    guard name.hasPrefix(parts(upload)) else { return nil }
    return Int(name.dropFirst(parts(upload).count))
  }

  /// The key and the content that a name is for; nil when it is no content.
  func content(_ name: String) -> (key: String, content: String)? {
    guard name.hasPrefix(objects), let tilde = name.lastIndex(of: "~") else { return nil }
    let content = name[name.index(after: tilde)...]
    let key = name[..<tilde].dropFirst(objects.count).dropLast()
    return content.isEmpty || key.isEmpty ? nil : (String(key), String(content))
  }

  /// The key of the object that a name is; nil when it is something else.
  func key(_ name: String) -> String? {
    guard name.hasPrefix(objects), name.hasSuffix("/~") else { return nil }
    let key = name.dropFirst(objects.count).dropLast(2)
    return key.isEmpty ? nil : String(key)
  }

  /// 32 hexadecimal digits; nothing else is the name of an upload.
  static func isUpload(_ text: String) -> Bool {
    text.utf8.count == 32
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }
}
