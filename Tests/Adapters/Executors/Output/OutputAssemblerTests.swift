import Domain
import Ports
import Testing

@testable import ExecutorsAdapter

struct OutputAssemblerTests {
  private func texts(_ lines: [OutputLine]) -> [String] {
    lines.map { "\($0.stream.rawValue): \(String(decoding: $0.bytes, as: UTF8.self))" }
  }

  @Test func `the streams do not mix within a line`() {
    var assembler = OutputAssembler(ExecutionLimits())
    #expect(assembler.take("half".utf8, from: .out, at: .start) == [])
    #expect(texts(assembler.take("oh\n".utf8, from: .error, at: .start)) == ["error: oh"])
    #expect(texts(assembler.take(" line\nx".utf8, from: .out, at: .start)) == ["out: half line"])
    #expect(texts(assembler.finish(at: .start)) == ["out: x"])
  }

  @Test func `what is beyond the limit is dropped and counted, with a notice each second`() {
    var assembler = OutputAssembler(ExecutionLimits(outputBytesMax: 5))
    let first = assembler.take("abc\ndef\n".utf8, from: .out, at: .start)
    #expect(texts(first).prefix(2) == ["out: abc", "out: d"])
    #expect(first.count == 3)
    #expect(first.last?.stream == .system)
    #expect(assembler.take("ghi\n".utf8, from: .error, at: .start) == [])
    let second = assembler.take("jkl\n".utf8, from: .out, at: .start + .seconds(1))
    #expect(texts(second) == ["system: output truncated: 11 bytes dropped so far"])
    #expect(texts(assembler.finish(at: .start)) == ["system: 11 bytes of output were dropped"])
  }
}
