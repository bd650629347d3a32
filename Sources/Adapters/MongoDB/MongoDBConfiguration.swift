internal import Domain
internal import Ports

/// Where a MongoDB is, and the limits of its use. Validated once at start.
public struct MongoDBConfiguration: Sendable {
  /// A connection string as the drivers read it, TLS settings included:
  /// `mongodb://user:password@host:port/database?replicaSet=…&tls=true`. What it says of time-outs
  /// wins over what is set here.
  public var uri: String
  /// Holds the collections, unless the connection string names one.
  public var database = "millrace"
  /// Calls at once, each on a connection and a thread of its own.
  public var connectionsMax = 4
  /// Calls that wait for a connection. Beyond that a call is answered `.unavailable`.
  public var waitingMax = 1_000
  public var connectWithin: Duration = .seconds(5)
  /// How long a server is looked for that can be written to.
  public var selectWithin: Duration = .seconds(5)
  /// How long a connection may be silent before it is taken for dead.
  public var answerWithin: Duration = .seconds(15)
  /// How long the server may work on a search.
  public var searchWithin: Duration = .seconds(5)
  /// How long a write waits for a majority of the servers.
  public var majorityWithin: Duration = .seconds(10)

  /// Documents, tasks or lines that one read may ask for, and jobs or logs that one call may name.
  public var pageMax = 10_000
  /// Bytes of one document, below the 16 MiB of the server.
  public var documentBytesMax = 15 << 20
  /// Lines and bytes of one stored piece of a log; a single line may be larger.
  public var linesPerChunkMax = 1_000
  public var bytesPerChunkMax = 256 << 10
  /// Bytes of one line.
  public var lineBytesMax = 900 << 10
  /// Bytes of lines after which a read ends.
  public var bytesPerReadMax = 4 << 20
  /// Documents of one write, and names of one search or removal.
  public var documentsPerWriteMax = 1_000
  /// Words of a job that searches can find.
  public var wordsMax = 1_000
  /// How often lines are looked for that another process has written, while somebody waits.
  public var lookEvery: Duration = .milliseconds(100)

  public init(uri: String) {
    self.uri = uri
  }

  /// The same server with the patience that building an index of what is there needs.
  public var forMigrations: MongoDBConfiguration {
    var patient = self
    patient.connectionsMax = 1
    patient.answerWithin = .seconds(3_600)
    patient.majorityWithin = .seconds(600)
    return patient
  }

  var pieces: LogPieceLimits {
    LogPieceLimits(
      linesMax: linesPerChunkMax, bytesMax: bytesPerChunkMax, lineBytesMax: lineBytesMax)
  }

  func check(_ limit: Int) throws(ArchiveError) {
    guard (1...pageMax).contains(limit) else {
      throw .refused("1 to \(pageMax) can be asked for at once, not \(limit)")
    }
  }

  func check(named count: Int) throws(ArchiveError) {
    guard count <= pageMax else {
      throw .refused("at most \(pageMax) can be named at once, not \(count)")
    }
  }
}
