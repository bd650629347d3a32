import Domain
import Ports

/// A scanner of the part of YAML that is JSON; whatever else is a fault in line 2.
struct FakeScanner: DocumentScanner {
  func scan(_ bytes: [UInt8]) throws(Finding) -> [DocumentEvent] {
    let root: JSONNode
    do throws(JSONFault) {
      root = try JSONNode(bytes, limits: .normalForm)
    } catch {
      throw Finding(
        code: "yaml-syntax", message: "no YAML", hint: "write YAML",
        position: SourcePosition(line: 2, column: 3))
    }
    var events: [DocumentEvent] = []
    add(root, bytes, to: &events)
    return events
  }

  private func add(_ node: JSONNode, _ bytes: [UInt8], to events: inout [DocumentEvent]) {
    let position = SourcePosition(ofByte: node.offset, in: bytes)
    func event(_ kind: DocumentEvent.Kind) { events.append(DocumentEvent(kind, at: position)) }
    switch node.kind {
    case .string(let text): event(.scalar(text, isPlain: false))
    case .null, .boolean, .number: event(.scalar(node.value.json, isPlain: true))
    case .array(let items):
      event(.sequenceStart)
      for item in items { add(item, bytes, to: &events) }
      event(.sequenceEnd)
    case .object(let members):
      event(.mappingStart)
      for member in members {
        events.append(
          DocumentEvent(
            .scalar(member.name, isPlain: false),
            at: SourcePosition(ofByte: member.offset, in: bytes)))
        add(member.node, bytes, to: &events)
      }
      event(.mappingEnd)
    }
  }
}
