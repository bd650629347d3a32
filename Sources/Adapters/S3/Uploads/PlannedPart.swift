internal import Ports

/// A part that will be a piece of the object.
struct PlannedPart: Hashable, Sendable {
  enum Place: String, Hashable, Sendable {
    /// In the upload of S3: can be completed, but not read before that. A note stands in its place
    /// among the parts that are objects, so that the last one of a number counts.
    case direct
    /// An object of its own.
    case own
  }

  var number: Int
  var size: Int64
  var place: Place
  /// Of the part in the upload of S3, or of the object.
  var tag: String
  /// Of a direct part, in base64.
  var checksum: String

  var line: String {
    "\(number) \(size) \(place.rawValue) \(UploadHead.word(tag)) \(UploadHead.word(checksum))"
  }

  init?(line: some StringProtocol) {
    let line = Substring(line)
    let words = UploadHead.words(line)
    guard words.count == 5, let number = Int(words[0]), let size = Int64(words[1]),
      let place = Place(rawValue: String(words[2])), let tag = UploadHead.text(words[3]),
      let checksum = UploadHead.text(words[4])
    else { return nil }
    self.init(number: number, size: size, place: place, tag: tag, checksum: checksum)
  }

  init(number: Int, size: Int64, place: Place, tag: String, checksum: String = "") {
    (self.number, self.size, self.place) = (number, size, place)
    (self.tag, self.checksum) = (tag, checksum)
  }
}

/// The notes of direct parts. What they say is in fields that S3 keeps, and in the body, so that
/// two of them have the same tag only if they say the same.
extension PlannedPart {
  var note: [UInt8] { [UInt8](line.utf8) }

  var noteFields: [(String, String)] {
    [("x-amz-meta-millrace-part", Base64.url.text(note))]
  }

  /// Nil when the object is no note.
  init?(noteOf answer: TransferAnswer) {
    guard let field = answer.field("x-amz-meta-millrace-part"),
      let bytes = Base64.url.bytes(field)
    else { return nil }
    self.init(line: Substring(String(decoding: bytes, as: UTF8.self)))
  }
}
