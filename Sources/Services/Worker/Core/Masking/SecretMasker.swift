public import Domain

/// Replaces secrets, in all their forms, by `***`.
///
/// Every byte that belongs to some occurrence is replaced, also where occurrences overlap. A byte
/// costs one look into a small table; only where eight bytes look like the beginning of a form are
/// they compared.
public struct SecretMasker: Sendable {
  public static let mask = [UInt8]("***".utf8)

  /// Longest first, those with the same first eight bytes side by side.
  private let forms: [[UInt8]]
  /// Where the forms with these first eight bytes begin and end.
  private let heads: SortedMap<UInt64, Range<Int>>
  /// Which hashes of eight bytes may be a head, one bit each.
  private let filter: [UInt64]

  static let headLength = 8

  /// - Parameter values: more than one may be part of another.
  public init(_ values: [SecretValue]) {
    var seen = SortedSet<String>()
    let all = values.flatMap { SecretForms.all(of: $0) }.filter { form in
      seen.insert(form.map { String($0, radix: 16) }.joined(separator: "."))
    }
    forms = all.sorted { one, other in
      let (left, right) = (SecretMasker.head(of: one[...]), SecretMasker.head(of: other[...]))
      return left == right ? one.count > other.count : left < right
    }
    var heads: [(UInt64, Range<Int>)] = []
    var filter = [UInt64](repeating: 0, count: 1_024)
    for (place, form) in forms.enumerated() {
      let head = SecretMasker.head(of: form[...])
      if let last = heads.last, last.0 == head {
        heads[heads.count - 1].1 = last.1.lowerBound..<place + 1
      } else {
        heads.append((head, place..<place + 1))
      }
      let bit = SecretMasker.bit(of: head)
      filter[bit >> 6] |= 1 << UInt64(bit & 63)
    }
    self.heads = SortedMap(heads)
    self.filter = filter
  }

  public var isEmpty: Bool { forms.isEmpty }

  /// A whole text.
  public func masked(_ text: String) -> String {
    guard text.utf8.count >= SecretMasker.headLength else { return text }
    var stream = MaskedStream(self)
    let bytes = stream.take(text.utf8) + stream.finish()
    return stream.hasMasked ? String(decoding: bytes, as: UTF8.self) : text
  }

  /// Every text of a value, names of members too.
  public func masked(_ value: Value) -> Value {
    switch value {
    case .null, .boolean, .integer, .decimal: value
    case .string(let text): .string(masked(text))
    case .array(let items): .array(items.map { masked($0) })
    case .object(let members):
      .object(SortedMap(members.map { (masked($0.key), masked($0.value)) }))
    }
  }

  // MARK: Search

  /// The longest form that begins at a place, and whether a longer one may once more bytes come.
  ///
  /// - Parameter head: the eight bytes from there on; nil when there are fewer.
  func look(
    at place: Int, in bytes: [UInt8], head: UInt64?
  ) -> (length: Int, isOpen: Bool) {
    guard let head else { return (0, mayBegin(with: bytes[place...])) }
    let bit = SecretMasker.bit(of: head)
    guard filter[bit >> 6] & (1 << UInt64(bit & 63)) != 0, let range = heads[head] else {
      return (0, false)
    }
    let left = bytes.count - place
    var isOpen = false
    for form in forms[range] {
      if form.count > left {
        isOpen = isOpen || form.starts(with: bytes[place...])
      } else if bytes[place..<place + form.count].elementsEqual(form) {
        return (form.count, isOpen)
      }
    }
    return (0, isOpen)
  }

  /// Whether some form begins with these bytes, fewer than eight.
  private func mayBegin(with bytes: ArraySlice<UInt8>) -> Bool {
    let lowest = SecretMasker.head(of: bytes)
    let place = heads.lowerBound(of: lowest)
    guard place < heads.count else { return false }
    let free = UInt64(8 * (SecretMasker.headLength - bytes.count))
    return heads.keys[place] >> free == lowest >> free
  }

  /// The first eight bytes as a number, zeros for what is missing: in the order of the bytes.
  private static func head(of bytes: ArraySlice<UInt8>) -> UInt64 {
    var head: UInt64 = 0
    for byte in bytes.prefix(headLength) { head = head << 8 | UInt64(byte) }
    let missing = headLength - min(bytes.count, headLength)
    return missing == headLength ? 0 : head << UInt64(8 * missing)
  }

  private static func bit(of head: UInt64) -> Int {
    Int(truncatingIfNeeded: (head &* 0x9e37_79b9_7f4a_7c15) >> 48)
  }
}

/// Masks bytes that come in pieces, whatever the edges of the pieces cut through.
///
/// Told is what cannot be part of an occurrence any more; the rest is kept until more comes.
public struct MaskedStream: Sendable {
  private let masker: SecretMasker
  private var kept: [UInt8] = []
  /// How many of the first bytes kept belong to an occurrence whose mask was told already.
  private var coveredCount = 0
  /// Whether anything was masked so far.
  public private(set) var hasMasked = false

  public init(_ masker: SecretMasker) {
    self.masker = masker
  }

  /// Whether bytes are kept.
  public var isHolding: Bool { !kept.isEmpty }

  public mutating func take(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    kept += bytes
    return tell(isLast: false)
  }

  /// What was kept: nothing follows any more.
  public mutating func finish() -> [UInt8] {
    tell(isLast: true)
  }

  private mutating func tell(isLast: Bool) -> [UInt8] {
    var told: [UInt8] = []
    told.reserveCapacity(kept.count)
    var coveredEnd = coveredCount
    var place = 0
    var (head, headEnd): (UInt64, Int) = (0, 0)
    while place < kept.count {
      while headEnd < min(place + SecretMasker.headLength, kept.count) {
        head = head << 8 | UInt64(kept[headEnd])
        headEnd += 1
      }
      let isWhole = headEnd - place == SecretMasker.headLength
      let (length, isOpen) = masker.look(at: place, in: kept, head: isWhole ? head : nil)
      if isOpen, !isLast { break }
      // An occurrence that overlaps the one before has its mask already.
      let isInside = place < coveredEnd
      coveredEnd = max(coveredEnd, place + length)
      if place >= coveredEnd {
        told.append(kept[place])
      } else if !isInside {
        hasMasked = true
        told += SecretMasker.mask
      }
      place += 1
    }
    kept.removeFirst(place)
    coveredCount = max(0, coveredEnd - place)
    return told
  }
}
