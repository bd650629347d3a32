public import Domain

/// A JSON object while a request is made of it: members are taken by name and type, whatever is
/// wrong is noted with its place, and what nobody took is refused at the end.
///
/// Every taking method answers nil when there is no value of the right kind; the reason is noted,
/// unless the member is optional and absent. An optional member that is null counts as absent.
public struct JSONObject {
  public enum Presence: Hashable, Sendable {
    case required
    case optional
  }

  private let members: [JSONMember]
  /// The object itself, as a JSON pointer.
  private let pointer: String
  private let offset: Int
  private var taken: [String] = []
  var notes: JSONNotes

  init(_ members: [JSONMember], at pointer: String, offset: Int, notes: JSONNotes) {
    self.members = members
    self.pointer = pointer
    self.offset = offset
    self.notes = notes
  }

  /// Reads a body that has to be one object.
  ///
  /// `body` takes the members; its answer counts only when nothing was noted. An answer of nil
  /// without a note means that the reader itself gave up, and is refused as such.
  public static func read<Request>(
    _ bytes: [UInt8], limits: JSONLimits = JSONLimits(), findingsMax: Int = 100,
    _ body: (inout JSONObject) -> Request?
  ) throws(JSONRefusal) -> Request {
    let root: JSONNode
    do throws(JSONFault) {
      root = try JSONNode(bytes, limits: limits)
    } catch {
      throw .malformed(error)
    }
    var notes = JSONNotes(findingsMax: findingsMax)
    var request: Request?
    if case .object(let members) = root.kind {
      var object = JSONObject(members, at: "", offset: root.offset, notes: notes)
      request = body(&object)
      object.finish()
      notes = object.notes
    } else {
      notes.add(JSONNotes.mistyped("the body", root, wanted: "an object", pointer: ""))
    }
    if let request, notes.isEmpty { return request }
    if notes.isEmpty {
      notes.add(
        JSONNote(
          "unusable", "the request cannot be used as it is", hint: "compare it with the reference",
          pointer: "", offset: root.offset))
    }
    throw .unfit(notes.findings(in: bytes))
  }

  // MARK: Scalars

  /// - Parameter bytesMax: the length in UTF-8.
  public mutating func string(
    _ name: String, _ presence: Presence = .required, bytesMax: Int = .max
  ) -> String? {
    guard let node = take(name, presence) else { return nil }
    guard case .string(let text) = node.kind else {
      mistyped(name, node, "a string")
      return nil
    }
    guard text.utf8.count <= bytesMax else {
      note(
        name, "too-long", "'\(name)' has \(text.utf8.count) bytes",
        hint: "at most \(bytesMax) are taken", at: node.offset)
      return nil
    }
    return text
  }

  public mutating func boolean(_ name: String, _ presence: Presence = .required) -> Bool? {
    guard let node = take(name, presence) else { return nil }
    guard case .boolean(let flag) = node.kind else {
      mistyped(name, node, "true or false")
      return nil
    }
    return flag
  }

  /// A number written without point and exponent: `1.0` is none.
  public mutating func integer(
    _ name: String, _ presence: Presence = .required,
    in range: ClosedRange<Int64> = .min ... .max
  ) -> Int64? {
    guard let node = take(name, presence) else { return nil }
    guard case .number(let number) = node.kind, number.isWrittenWhole,
      case .integer(let whole) = number.value
    else {
      mistyped(name, node, "a whole number")
      return nil
    }
    guard range.contains(whole) else {
      note(
        name, "out-of-range", "'\(name)' is \(whole)",
        hint: "from \(range.lowerBound) to \(range.upperBound) is taken", at: node.offset)
      return nil
    }
    return whole
  }

  /// A string that `parse` understands; `wanted` names what that is, such as "a workflow's name".
  public mutating func parsed<Answer>(
    _ name: String, _ presence: Presence = .required, wanted: String,
    _ parse: (String) -> Answer?
  ) -> Answer? {
    guard let node = take(name, presence) else { return nil }
    guard case .string(let text) = node.kind else {
      mistyped(name, node, "a string")
      return nil
    }
    guard let answer = parse(text) else {
      note(
        name, "not-understood", "'\(name)' is '\(JSONNotes.short(text))'",
        hint: "it must be \(wanted)",
        at: node.offset)
      return nil
    }
    return answer
  }

  /// One of the words of an enum.
  public mutating func word<Word: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ presence: Presence = .required, as type: Word.Type = Word.self
  ) -> Word? {
    guard let node = take(name, presence) else { return nil }
    guard case .string(let text) = node.kind else {
      mistyped(name, node, "a string")
      return nil
    }
    if let word = Word(rawValue: text) { return word }
    let words = Word.allCases.map(\.rawValue)
    note(
      name, "unknown-word", "'\(name)' is '\(JSONNotes.short(text))'",
      hint: JSONNotes.hint(for: text, among: words), at: node.offset)
    return nil
  }

  // MARK: Values of any kind

  /// Null is a value like any other here, so that an absent member is told apart from it.
  public mutating func value(_ name: String, _ presence: Presence = .required) -> Value? {
    taken.append(name)
    guard let member = members.first(where: { $0.name == name }) else {
      if presence == .required { missing(name) }
      return nil
    }
    return member.node.value
  }

  /// An object with members of any kind.
  public mutating func values(
    _ name: String, _ presence: Presence = .required
  ) -> SortedMap<String, Value>? {
    guard let members = takeObject(name, presence)?.members else { return nil }
    return SortedMap(members.map { ($0.name, $0.node.value) })
  }

  /// An object whose members are strings.
  public mutating func texts(
    _ name: String, _ presence: Presence = .required
  ) -> SortedMap<String, String>? {
    guard let members = takeObject(name, presence)?.members else { return nil }
    let before = notes.count
    var texts: [(String, String)] = []
    for member in members {
      if case .string(let text) = member.node.kind {
        texts.append((member.name, text))
      } else {
        let place = pointer(to: name) + "/" + JSONText.pointerStep(member.name)
        notes.add(
          JSONNotes.mistyped("'\(member.name)'", member.node, wanted: "a string", pointer: place))
      }
    }
    return notes.count == before ? SortedMap(texts) : nil
  }

  // MARK: Arrays and objects

  public mutating func strings(_ name: String, _ presence: Presence = .required) -> [String]? {
    guard let items = takeArray(name, presence) else { return nil }
    let before = notes.count
    var strings: [String] = []
    for (index, item) in items.enumerated() {
      if case .string(let text) = item.kind {
        strings.append(text)
      } else {
        let place = pointer(to: name) + "/\(index)"
        notes.add(
          JSONNotes.mistyped("item \(index)", item, wanted: "a string", pointer: place))
      }
    }
    return notes.count == before ? strings : nil
  }

  /// An object inside this one.
  public mutating func object<Answer>(
    _ name: String, _ presence: Presence = .required, _ body: (inout JSONObject) -> Answer?
  ) -> Answer? {
    guard let (members, offset) = takeObject(name, presence) else { return nil }
    return inner(members, pointer(to: name), offset, body)
  }

  /// An array of objects; nil when one of them has something wrong.
  public mutating func objects<Answer>(
    _ name: String, _ presence: Presence = .required, _ body: (inout JSONObject) -> Answer?
  ) -> [Answer]? {
    guard let items = takeArray(name, presence) else { return nil }
    let before = notes.count
    var answers: [Answer] = []
    for (index, item) in items.enumerated() {
      let place = pointer(to: name) + "/\(index)"
      guard case .object(let members) = item.kind else {
        notes.add(JSONNotes.mistyped("item \(index)", item, wanted: "an object", pointer: place))
        continue
      }
      if let answer = inner(members, place, item.offset, body) { answers.append(answer) }
    }
    return notes.count == before && answers.count == items.count ? answers : nil
  }

  // MARK: What the caller finds

  /// Notes that a member which was taken is not acceptable for a reason of the caller's.
  public mutating func refuse(_ name: String, code: String, _ message: String, hint: String) {
    let place = members.first { $0.name == name }?.node.offset
    note(name, code, message, hint: hint, at: place ?? offset)
  }

  /// Whether something has been noted, here or around this object.
  public var hasFindings: Bool { !notes.isEmpty }

  // MARK: Inside

  private mutating func inner<Answer>(
    _ members: [JSONMember], _ pointer: String, _ offset: Int,
    _ body: (inout JSONObject) -> Answer?
  ) -> Answer? {
    var object = JSONObject(members, at: pointer, offset: offset, notes: notes)
    let before = notes.count
    let answer = body(&object)
    object.finish()
    notes = object.notes
    return notes.count == before ? answer : nil
  }

  /// Notes the members that nobody took.
  private mutating func finish() {
    for member in members where !taken.contains(member.name) {
      notes.add(
        JSONNote(
          "unknown-member", "'\(JSONNotes.short(member.name))' is not known here",
          hint: JSONNotes.hint(for: member.name, among: taken), pointer: pointer(to: member.name),
          offset: member.offset))
    }
  }

  private mutating func take(_ name: String, _ presence: Presence) -> JSONNode? {
    taken.append(name)
    guard let member = members.first(where: { $0.name == name }) else {
      if presence == .required { missing(name) }
      return nil
    }
    if presence == .optional, member.node.kind == .null { return nil }
    return member.node
  }

  private mutating func takeObject(
    _ name: String, _ presence: Presence
  ) -> (members: [JSONMember], offset: Int)? {
    guard let node = take(name, presence) else { return nil }
    guard case .object(let members) = node.kind else {
      mistyped(name, node, "an object")
      return nil
    }
    return (members, node.offset)
  }

  private mutating func takeArray(_ name: String, _ presence: Presence) -> [JSONNode]? {
    guard let node = take(name, presence) else { return nil }
    guard case .array(let items) = node.kind else {
      mistyped(name, node, "an array")
      return nil
    }
    return items
  }

  private func pointer(to name: String) -> String { pointer + "/" + JSONText.pointerStep(name) }

  private mutating func missing(_ name: String) {
    note(name, "missing", "'\(name)' is missing", hint: "add it", at: offset)
  }

  private mutating func mistyped(_ name: String, _ node: JSONNode, _ wanted: String) {
    notes.add(
      JSONNotes.mistyped("'\(name)'", node, wanted: wanted, pointer: pointer(to: name)))
  }

  private mutating func note(
    _ name: String, _ code: String, _ message: String, hint: String, at offset: Int
  ) {
    notes.add(JSONNote(code, message, hint: hint, pointer: pointer(to: name), offset: offset))
  }
}
