internal import Domain

/// What a connection asks of time, for servers and clients alike.
struct HTTP2Settings: Sendable {
  var firstWithin: Duration
  var idleMax: Duration
  var writeStallMax: Duration
  var lingerMax: Duration
  var bodyBytesMax: Int
  var bodyBytesPerSecondMin: Int
  var bodyGrace: Duration

  init(_ limits: HTTPServerLimits) {
    firstWithin = limits.headWithin
    idleMax = limits.idleMax
    writeStallMax = limits.writeStallMax
    lingerMax = limits.lingerMax
    bodyBytesMax = limits.bodyBytesMax
    bodyBytesPerSecondMin = limits.bodyBytesPerSecondMin
    bodyGrace = limits.bodyGrace
  }

  /// How often the clock is looked at: often enough for the shortest of them.
  var tick: Duration {
    let shortest = min(firstWithin, min(lingerMax, min(idleMax, writeStallMax)))
    return max(.milliseconds(10), min(.seconds(1), shortest / 4))
  }
}
