internal import SimulationFakes

/// What all stores of a platform held at one moment. The bus is in no backup.
struct Backup: Sendable {
  private let records: [FakeRecordStore.Snapshot]
  private let archive: FakeJobArchive.Snapshot
  private let objects: FakeObjectStore.Snapshot

  init(_ platform: Platform) {
    records = platform.stores.all.map(\.store.snapshot)
    archive = platform.archive.snapshot
    objects = platform.objects.snapshot
  }

  func restoreRecords(of platform: Platform) {
    for ((_, store), snapshot) in zip(platform.stores.all, records) { store.restore(snapshot) }
  }

  func restoreArchive(of platform: Platform) { platform.archive.restore(archive) }

  func restoreObjects(of platform: Platform) { platform.objects.restore(objects) }
}
