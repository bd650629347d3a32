internal import Domain

/// Reads members of a JSON object, and says which one is wrong.
struct PlanReader {
  private let members: SortedMap<String, Value>
  private let place: String

  init(_ value: Value, at place: String = "") {
    if case .object(let members) = value { self.members = members } else { members = [:] }
    self.place = place
  }

  var names: [String] { members.keys }

  func value(_ name: String) throws(BundleError) -> Value {
    guard let value = members[name] else { throw wrong(name, "there") }
    return value
  }

  func has(_ name: String) -> Bool { members[name] != nil }

  func integer(_ name: String) throws(BundleError) -> Int {
    guard case .integer(let number)? = members[name] else { throw wrong(name, "a whole number") }
    return Int(clamping: number)
  }

  func text(_ name: String) throws(BundleError) -> String {
    guard case .string(let text)? = members[name] else { throw wrong(name, "text") }
    return text
  }

  func boolean(_ name: String) throws(BundleError) -> Bool {
    guard case .boolean(let isTrue)? = members[name] else { throw wrong(name, "true or false") }
    return isTrue
  }

  func milliseconds(_ name: String) throws(BundleError) -> Duration {
    .milliseconds(try integer(name))
  }

  func object(_ name: String) throws(BundleError) -> PlanReader {
    guard let value = members[name], case .object = value else { throw wrong(name, "an object") }
    return PlanReader(value, at: place + name + ".")
  }

  func list(_ name: String) throws(BundleError) -> [PlanReader] {
    guard case .array(let items)? = members[name] else { throw wrong(name, "a list") }
    return items.enumerated().map { PlanReader($1, at: "\(place)\(name)[\($0)].") }
  }

  /// Whole numbers by name.
  func integers(_ name: String) throws(BundleError) -> SortedMap<String, Int> {
    guard case .object(let members)? = members[name] else { throw wrong(name, "an object") }
    var numbers: SortedMap<String, Int> = [:]
    for (key, value) in members {
      guard case .integer(let number) = value else {
        throw wrong("\(name).\(key)", "a whole number")
      }
      numbers[key] = Int(clamping: number)
    }
    return numbers
  }

  private func wrong(_ name: String, _ what: String) -> BundleError {
    BundleError("`\(place)\(name)` is missing, or is not \(what)")
  }
}
