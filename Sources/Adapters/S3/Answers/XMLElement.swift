/// An element of an answer: its name without prefix, its text, and the elements in it.
struct XMLElement: Hashable, Sendable {
  var name: String
  var text = ""
  var children: [XMLElement] = []

  /// The text of the first element of that name.
  subscript(name: String) -> String? { children.first { $0.name == name }?.text }

  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}
