internal import Ports

/// One read of several partitions: first in memory, then, for those that lag, in the file.
struct LogReading: Sendable {
  struct Place: Sendable {
    let log: PartitionLog
    var offset: Int64
  }

  struct Answer: Sendable {
    /// In order within each partition.
    var records: [BusDelivery] = []
    /// Places whose offset is below the first record or beyond the end.
    var gone: [Place] = []
  }

  private(set) var answer = Answer()
  private let places: [Place]
  private var stored: [Place] = []
  private var bytes = 0
  private let recordsMax: Int
  private let bytesMax: Int

  init(_ places: [Place], turn: Int, recordsMax: Int, bytesMax: Int) {
    let first = places.isEmpty ? 0 : Int(UInt(bitPattern: turn) % UInt(places.count))
    self.places = [Place](places[first...]) + places[..<first]
    self.recordsMax = recordsMax
    self.bytesMax = bytesMax
  }

  var needsFile: Bool { !stored.isEmpty && hasRoom }

  mutating func lookInMemory() {
    for place in places where hasRoom {
      switch place.log.look(at: place.offset, max: room, bytesMax: bytesMax - bytes) {
      case .records(let records): add(records)
      case .stored: stored.append(place)
      case .gone: answer.gone.append(place)
      case .nothing: break
      }
    }
  }

  mutating func lookInFile(_ connection: SQLiteConnection) throws(EngineError) {
    for place in stored where hasRoom {
      let records = try LogTables.records(
        place.log, from: place.offset, max: room, bytesMax: bytesMax - bytes, on: connection)
      // A sweep may have taken the first of them since we looked.
      if place.offset < place.log.bounds().earliest {
        answer.gone.append(place)
      } else {
        add(records)
      }
    }
  }

  private var hasRoom: Bool { room > 0 && bytes < bytesMax }
  private var room: Int { recordsMax - answer.records.count }

  private mutating func add(_ records: [BusDelivery]) {
    answer.records += records
    bytes += records.reduce(0) { $0 + BusRules.weight($1.record) }
  }
}
