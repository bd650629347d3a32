import SystemAdapter
import Testing

@Suite struct SystemRandomnessTests {
  @Test func `numbers drawn by many tasks do not repeat`() async {
    let randomness = SystemRandomness()
    let numbers = await withTaskGroup(of: [UInt64].self) { group in
      for _ in 0..<8 { group.addTask { (0..<1_000).map { _ in randomness.next() } } }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(Set(numbers).count == 8_000)
  }
}
