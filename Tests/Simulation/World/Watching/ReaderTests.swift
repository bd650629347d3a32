import SimulationFakes
import SimulationKit
import SimulationOracles
import SimulationWorld
import Testing

/// An invariant that reads a table by a wrong name would see nothing, and be content.
struct ReaderTests {
  @Test func `every table that invariants read is there`() throws {
    let world = SimulatedWorld(seed: 1)
    let platform = try Platform(world, scanner: NothingToScan()) { _ in .succeeds() }
    let tables = platform.stores.all.flatMap { $0.store.tables }
    for table in RecordReader.tables { #expect(tables.contains(table), "\(table)") }
  }
}
