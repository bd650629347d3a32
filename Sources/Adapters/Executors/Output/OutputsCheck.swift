internal import Domain

/// Holds what a task gave as outputs against what it declared.
enum OutputsCheck {
  struct Fault: Error, Hashable {
    var code: String
    var message: String

    func reason(at moment: Moment) -> Reason {
      Reason(code: code, message: message, since: moment)
    }
  }

  /// For texts that a process wrote: strings are taken as they are, all other types are JSON. An
  /// output that was not declared is refused: it is a slip of the pen in one of the two places.
  static func read(
    _ texts: SortedMap<String, String>, declared: SortedMap<String, ValueType>, bytesMax: Int
  ) throws(Fault) -> SortedMap<String, Value> {
    var values: SortedMap<String, Value> = [:]
    for (name, text) in texts {
      guard let type = declared[name] else {
        throw Fault(
          code: "output-undeclared",
          message: "output '\(name)' is not declared; add it to the outputs of the task")
      }
      values[name] = try value(of: text, for: name, type)
    }
    return try check(values, declared: declared, bytesMax: bytesMax)
  }

  /// For values of a kind of work that always offers the same: the declared ones are picked.
  static func pick(
    from offered: SortedMap<String, Value>, declared: SortedMap<String, ValueType>, bytesMax: Int
  ) throws(Fault) -> SortedMap<String, Value> {
    var values: SortedMap<String, Value> = [:]
    for name in declared.keys { values[name] = offered[name] }
    return try check(values, declared: declared, bytesMax: bytesMax)
  }

  private static func value(
    of text: String, for name: String, _ type: ValueType
  ) throws(Fault) -> Value {
    if type == .string { return .string(text) }
    do throws(JSONFault) {
      return try Value(json: text)
    } catch {
      throw Fault(
        code: "output-type",
        message: "output '\(name)' should be \(type.text) and is no JSON: \(error.message)")
    }
  }

  static func tooLarge(_ what: String, _ bytesMax: Int) -> Fault {
    Fault(
      code: "outputs-too-large",
      message:
        "\(what) larger than \(bytesMax) bytes; declare a large one under artifacts and take it "
        + "with files")
  }

  private static func check(
    _ values: SortedMap<String, Value>, declared: SortedMap<String, ValueType>, bytesMax: Int
  ) throws(Fault) -> SortedMap<String, Value> {
    var room = bytesMax
    for value in values.values {
      room -= value.weight(upTo: room)
      guard room >= 0 else {
        throw tooLarge("the outputs are", bytesMax)
      }
    }
    for (name, type) in declared {
      // What uses the output was checked against its type, so that nothing cannot stand for it.
      guard let value = values[name] else {
        throw Fault(code: "output-missing", message: "output '\(name)' was declared and not given")
      }
      guard let mismatch = type.mismatch(of: value) else { continue }
      let place = mismatch.pointer.isEmpty ? "" : " at \(mismatch.pointer)"
      throw Fault(code: "output-type", message: "output '\(name)'\(place): \(mismatch.message)")
    }
    return values
  }
}
