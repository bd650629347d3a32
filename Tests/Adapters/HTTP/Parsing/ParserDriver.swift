import Ports

@testable import HTTPAdapter

/// Everything that came out of a parser, with adjoining pieces of a body joined.
struct ParsedStream: Hashable {
  var events: [HTTPRequestParser.Event] = []
  var refusal: HTTPRefusal?

  static let limits = HeadLimits(headBytesMax: 2_048, startLineBytesMax: 1_024, fieldsMax: 20)

  /// - Parameter pieces: how the bytes arrive.
  init(_ pieces: [[UInt8]], limits: HeadLimits = ParsedStream.limits) {
    var parser = HTTPRequestParser(limits)
    do throws(HTTPRefusal) {
      for piece in pieces {
        parser.append(piece.span)
        while let event = try parser.next() { add(event) }
      }
    } catch {
      refusal = error
    }
  }

  init(_ text: String) {
    self.init([Array(text.utf8)])
  }

  private mutating func add(_ event: HTTPRequestParser.Event) {
    if case .body(let bytes) = event, case .body(let earlier)? = events.last {
      events[events.count - 1] = .body(earlier + bytes)
    } else {
      events.append(event)
    }
  }

  var heads: [HTTPRequestHead] {
    events.compactMap { if case .head(let head) = $0 { head } else { nil } }
  }

  var bodies: [String] {
    events.compactMap { event in
      if case .body(let bytes) = event { String(decoding: bytes, as: UTF8.self) } else { nil }
    }
  }

  var endCount: Int { events.count { $0 == .end } }
}

/// SplitMix64: the same seed gives the same numbers everywhere.
struct SeededNumbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  mutating func below(_ bound: Int) -> Int {
    bound <= 0 ? 0 : Int(next() % UInt64(bound))
  }
}

extension [UInt8] {
  /// Damages one place in a way that parsers dislike.
  mutating func damage(_ numbers: inout SeededNumbers) {
    let nasty: [UInt8] = [0, 9, 10, 13, 32, 48, 58, 59, 127, 128, 195, 255]
    let place = numbers.below(count)
    switch numbers.below(5) {
    case 0 where !isEmpty: self[place] = nasty[numbers.below(nasty.count)]
    case 1 where !isEmpty: remove(at: place)
    case 2: insert(nasty[numbers.below(nasty.count)], at: place)
    case 3 where !isEmpty: self[place] ^= 1 << UInt8(numbers.below(8))
    default: insert(contentsOf: self[place...].prefix(numbers.below(40)), at: place)
    }
  }

  /// Cuts these bytes into pieces of one to two hundred.
  func pieces(_ numbers: inout SeededNumbers) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var rest = self[...]
    while !rest.isEmpty {
      let count = 1 + numbers.below(numbers.below(3) == 0 ? 200 : 4)
      pieces.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    return pieces
  }
}
