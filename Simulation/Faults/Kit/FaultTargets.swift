public import SimulationKit

/// The number by which a fault strikes one of several, for the name of a role.
///
/// Faults take the processes of a world in the order of roles, or the stores of services, by a
/// number modulo how many there are.
public enum FaultTargets {
  /// In the order in which a world makes its processes.
  public static let roles = [
    "iam", "workflow", "scheduler", "worker", "metadata", "artifact", "notification",
  ]
  /// Whose stores there are, in their order.
  public static let stores = ["iam", "workflow", "scheduler", "artifact", "notification"]

  /// What a fault can be told to strike: empty when it strikes no single one.
  public static func names(for card: FaultCard) -> [String] {
    if card.settings.contains(.target) { return roles }
    return card.settings.contains(.store) ? stores : []
  }

  /// - Parameters:
  ///   - which: one of several processes of the role, from 1; any when nil.
  ///   - count: how many processes of a role there are.
  public static func target(
    of name: String, which: Int?, for card: FaultCard, by random: inout RandomStream,
    count: (String) -> Int
  ) -> Int? {
    let names = names(for: card)
    guard let place = names.firstIndex(of: name) else { return nil }
    guard card.settings.contains(.target) else { return place }
    let drawn = random.below(count(name))
    let number = which.map { ($0 - 1) % max(count(name), 1) } ?? drawn
    return names[..<place].reduce(0) { $0 + count($1) } + number
  }

  /// The other way round: the name, and which of several, that a number stands for.
  public static func name(
    of target: Int, for card: FaultCard, count: (String) -> Int
  ) -> (name: String, which: Int?)? {
    let names = names(for: card)
    guard !names.isEmpty else { return nil }
    guard card.settings.contains(.target) else { return (names[target % names.count], nil) }
    var rest = target % max(names.reduce(0) { $0 + count($1) }, 1)
    for name in names {
      guard rest >= count(name) else { return (name, rest + 1) }
      rest -= count(name)
    }
    return nil
  }
}
