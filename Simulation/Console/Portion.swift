internal import Glibc
internal import SimulationWorld

/// The worlds of a batch that one child process runs, told to it by its environment.
struct Portion {
  static let variable = "MILLRACE_SIM_PORTION"
  /// What abandoned tasks keep of a world is a few megabytes.
  static let worldsMax = 50

  /// Counted from the first world of the batch.
  var places: Range<Int>
  var first: UInt64

  var assignment: String {
    "\(Portion.variable)=\(first):\(places.lowerBound):\(places.upperBound)"
  }

  init(_ places: Range<Int>, first: UInt64) {
    self.places = places
    self.first = first
  }

  /// Nil in a process that is no child.
  static var own: Portion? {
    guard let text = getenv(variable) else { return nil }
    let parts = String(cString: text).split(separator: ":")
    guard parts.count == 3, let first = UInt64(parts[0]), let low = Int(parts[1]),
      let high = Int(parts[2]), low <= high
    else { return nil }
    return Portion(low..<high, first: first)
  }
}
