/// Which files below a folder are meant: `out/app`, `logs/*.txt`, `reports/**`.
///
/// `*` stands for any part of a name, `?` for one character, `**` for any number of folders. A
/// pattern that fits a folder means all files in it. Judging a path costs the product of both
/// lengths at most.
public struct PathPattern: Hashable, Sendable {
  public static let bytesMax = 1_024
  public static let stepsMax = 32

  private enum Step: Hashable, Sendable {
    case anyFolders
    case name([Unicode.Scalar])
  }

  public let text: String
  private let steps: [Step]

  /// Nil for what is no relative path, leads out of its folder, or is too long.
  public init?(_ text: some StringProtocol) {
    guard text.utf8.count <= PathPattern.bytesMax, !text.hasPrefix("/"), !text.isEmpty,
      !text.utf8.contains(0)
    else { return nil }
    let names = text.split(separator: "/").filter { $0 != "." }
    guard names.count <= PathPattern.stepsMax, !names.contains("..") else { return nil }
    self.text = String(text)
    steps =
      names.isEmpty
      ? [.anyFolders]
      : names.map { $0 == "**" ? .anyFolders : .name(Array($0.unicodeScalars)) }
  }

  /// Whether a file is meant by it.
  public func takes(_ path: some StringProtocol) -> Bool {
    var reached = closure(of: [Bool](repeating: false, count: steps.count + 1), startingAt: 0)
    for name in path.split(separator: "/") {
      let scalars = Array(name.unicodeScalars)
      var next = [Bool](repeating: false, count: steps.count + 1)
      for (place, step) in steps.enumerated() where reached[place] {
        switch step {
        case .anyFolders: next[place] = true
        case .name(let pattern):
          if PathPattern.fits(scalars, pattern) { next[place + 1] = true }
        }
      }
      reached = next
      for place in next.indices where next[place] {
        reached = closure(of: reached, startingAt: place)
      }
      if reached[steps.count] { return true }
    }
    return false
  }

  /// The path as seen from the folder that the pattern begins with: `a.xml` for `reports/a.xml` and
  /// `reports/**`.
  public func relative(_ path: String) -> String {
    let literal = steps.dropLast().prefix { step in
      if case .name(let name) = step { return !name.contains("*") && !name.contains("?") }
      return false
    }
    return path.split(separator: "/").dropFirst(literal.count).joined(separator: "/")
  }

  /// `**` may stand for no folder at all.
  private func closure(of reached: [Bool], startingAt place: Int) -> [Bool] {
    var reached = reached
    var place = place
    reached[place] = true
    while place < steps.count, case .anyFolders = steps[place] {
      place += 1
      reached[place] = true
    }
    return reached
  }

  private static func fits(_ name: [Unicode.Scalar], _ pattern: [Unicode.Scalar]) -> Bool {
    var (place, star, mark, next) = (0, -1, 0, 0)
    while next < name.count {
      if place < pattern.count, pattern[place] == "*" {
        (star, mark) = (place, next)
        place += 1
      } else if place < pattern.count, pattern[place] == "?" || pattern[place] == name[next] {
        place += 1
        next += 1
      } else if star >= 0 {
        mark += 1
        (place, next) = (star + 1, mark)
      } else {
        return false
      }
    }
    while place < pattern.count, pattern[place] == "*" { place += 1 }
    return place == pattern.count
  }
}
