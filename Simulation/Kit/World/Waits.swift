/// What the tasks of a world wait for. A wait keeps its place until it ends; then another has it.
@usableFromInline struct Waits {
  /// A place, and which of the waits that ever had it.
  @usableFromInline struct Number: Hashable, Sendable {
    fileprivate var place: Int
    fileprivate var turn: UInt64
  }

  private struct Wait {
    var turn: UInt64
    var incarnation: Int
    var label: StaticString
  }

  private var waits: [Wait?] = []
  private var free: [Int] = []
  private var begun: UInt64 = 0

  mutating func begin(_ incarnation: Int, _ label: StaticString) -> Number {
    begun += 1
    let wait = Wait(turn: begun, incarnation: incarnation, label: label)
    guard let place = free.popLast() else {
      waits.append(wait)
      return Number(place: waits.count - 1, turn: begun)
    }
    waits[place] = wait
    return Number(place: place, turn: begun)
  }

  /// Does nothing when it has ended before.
  mutating func end(_ number: Number) {
    guard waits.indices.contains(number.place), waits[number.place]?.turn == number.turn else {
      return
    }
    waits[number.place] = nil
    free.append(number.place)
  }

  mutating func endAll(of incarnation: Int) {
    for place in waits.indices where waits[place]?.incarnation == incarnation {
      waits[place] = nil
      free.append(place)
    }
  }

  /// What an incarnation waits for, in no order that means anything.
  func labels(of incarnation: Int) -> [String] {
    waits.compactMap { wait in
      wait.flatMap { $0.incarnation == incarnation ? $0.label.description : nil }
    }
  }
}
