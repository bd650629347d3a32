import Domain
import ServiceKit
import SimulationWorld
import Testing

/// Backups of different moments, restored and reconciled, with all services in one world. More of
/// them: `sim restore`.
struct RestoreDrillTests {
  /// Goal: whatever moments the stores come from, nothing is left that they do not explain, and
  /// everything that the records know comes to its end.
  @Test(arguments: [3, 5, 7, 11, 15, 19, 21] as [UInt64])
  func `stores of any moments are reconciled, and everything goes on`(seed: UInt64) {
    let drill = RestoreDrill(seed: seed)
    let outcome = drill.run()
    #expect(outcome.faults == [], "\(drill.moments)")
    #expect(!outcome.found.isEmpty, "a drill without differences shows nothing")
  }

  /// Goal: the drill is worth something: without the repair it finds what is wrong.
  @Test(arguments: [3, 11, 21] as [UInt64])
  func `without the repair the differences stay`(seed: UInt64) {
    var drill = RestoreDrill(seed: seed)
    drill.repairs = Repairs()
    #expect(drill.run().faults != [], "\(drill.moments)")
  }
}
