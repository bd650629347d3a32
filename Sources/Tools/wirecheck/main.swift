internal import Contracts
internal import TestSupport
internal import Wire

// wirecheck
//
// The Swift side of scripts/conformance.py: answers every message on standard input with what our
// codec makes of it. A question is a line with the message's full name, a space and its bytes in
// hexadecimal digits; an answer is a line with the bytes written again, or `refused: ` and why.

func again<Message: WireMessage>(_ type: Message.Type, _ bytes: [UInt8]) -> String {
  do {
    return Hexadecimal.text(try Message(decoding: bytes).encoded())
  } catch {
    return "refused: \(error)"
  }
}

let types = Dictionary(
  uniqueKeysWithValues: (ContractCatalogue.messages + CodecCatalogue.messages).map { ($0, $1) })

while let line = readLine() {
  let parts = line.split(separator: " ", omittingEmptySubsequences: false)
  guard parts.count == 2, let type = types[String(parts[0])],
    let bytes = Hexadecimal.bytes(String(parts[1]))
  else {
    print("unusable: \(line.prefix(80))")
    continue
  }
  print(again(type, bytes))
}
