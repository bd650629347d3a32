internal import Domain
public import Ports

/// A topic, or a family of them, and how long it keeps its records, read or not.
public struct KafkaTopic: Hashable, Sendable {
  public var declaration: TopicDeclaration
  public var retainFor: Duration

  public init(_ declaration: TopicDeclaration, retainFor: Duration = .seconds(7 * 24 * 3_600)) {
    self.declaration = declaration
    self.retainFor = retainFor
  }
}

/// Where the brokers are, and the limits of their use. Validated once at start.
public struct KafkaConfiguration: Sendable {
  /// Addresses of some brokers, `host:port,host:port`; they tell of the others.
  public var brokers: String
  /// What this process is called in the logs of the brokers.
  public var clientName: String
  public var topics: [KafkaTopic]
  /// Whether declared topics are made when they are missing. Those of families always are.
  public var makesTopics = false
  /// Copies of each partition of topics that are made here.
  public var replication = 1
  /// Settings of librdkafka by their names there, SASL and TLS among them: `security.protocol`,
  /// `sasl.mechanism`, `ssl.ca.location`. They win over what is set here.
  public var settings: [(name: String, value: String)] = []

  /// How long a record may take from `publish` to its acknowledgement.
  public var deliverWithin: Duration = .seconds(10)
  /// Records and bytes that wait for their acknowledgement.
  public var unacknowledgedMax = 100_000
  public var unacknowledgedBytesMax = 64 << 20
  /// How long a broker is asked about topics, bounds and committed offsets.
  public var answerWithin: Duration = .seconds(5)
  /// How long a broker keeps a request for records when there are none. A place that begins to be
  /// read waits for the request before it.
  public var fetchWait: Duration = .milliseconds(250)
  /// Bytes that are read ahead for each place, and for each membership.
  public var readAheadBytesMax = 1 << 20
  /// Records of one `fetch` or `poll`, whatever the caller asks for.
  public var deliveriesMax = 10_000
  /// Places that nobody has asked for so long are not read any more.
  public var forgetPlacesAfter: Duration = .seconds(60)

  /// Members of consumer groups keep their partitions while they are away for less than
  /// `sessionWithin`: what is started again under its name goes on without a rebalance. Otherwise
  /// who leaves gives its partitions back at once, and who is started again waits for a rebalance.
  public var hasStaticMembers = true
  /// A member that is silent for so long has lost its partitions.
  public var sessionWithin: Duration = .seconds(10)
  public var heartbeatEvery: Duration = .seconds(1)
  /// A member that does not poll for so long has lost its partitions: as long may work on the
  /// records of one poll take, and as long does a partition that moves wait for it.
  public var pollWithin: Duration = .seconds(300)

  public init(brokers: String, clientName: String, topics: [KafkaTopic]) {
    self.brokers = brokers
    self.clientName = clientName
    self.topics = topics
  }
}

extension KafkaConfiguration {
  typealias Settings = [(name: String, value: String)]

  var declarations: [TopicDeclaration] { topics.map(\.declaration) }

  private var common: Settings {
    [
      ("bootstrap.servers", brokers), ("client.id", clientName), ("log.queue", "true"),
      ("socket.nagle.disable", "true"), ("socket.keepalive.enable", "true"),
      ("allow.auto.create.topics", "false"), ("reconnect.backoff.ms", "50"),
      ("reconnect.backoff.max.ms", "1000"), ("message.max.bytes", "\(1 << 20)"),
    ]
  }

  var producing: Settings {
    // The producer has no auto-creation to refuse.
    common.filter { $0.name != "allow.auto.create.topics" } + [
      ("enable.idempotence", "true"), ("acks", "all"), ("linger.ms", "0"),
      ("message.timeout.ms", "\(deliverWithin.wholeMilliseconds)"),
      ("queue.buffering.max.messages", "\(unacknowledgedMax)"),
      ("queue.buffering.max.kbytes", "\(unacknowledgedBytesMax >> 10)"),
    ] + settings
  }

  private var consuming: Settings {
    common + [
      ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
      // An offset that is not there is told and never jumped over.
      ("auto.offset.reset", "error"), ("isolation.level", "read_uncommitted"),
      ("fetch.wait.max.ms", "\(fetchWait.wholeMilliseconds)"), ("fetch.error.backoff.ms", "50"),
      ("queued.max.messages.kbytes", "\(readAheadBytesMax >> 10)"),
      ("fetch.message.max.bytes", "\(readAheadBytesMax)"),
    ]
  }

  var reading: Settings {
    consuming + [("group.id", "\(clientName).reader"), ("enable.partition.eof", "true")] + settings
  }

  func membership(of group: String, named member: String) -> Settings {
    let identity: Settings = hasStaticMembers ? [("group.instance.id", member)] : []
    return consuming + [
      ("group.id", group),
      // The partitions of one number meet at one member, whatever their topics.
      ("partition.assignment.strategy", "range"),
      ("session.timeout.ms", "\(sessionWithin.wholeMilliseconds)"),
      ("heartbeat.interval.ms", "\(heartbeatEvery.wholeMilliseconds)"),
      ("max.poll.interval.ms", "\(max(pollWithin, sessionWithin).wholeMilliseconds)"),
    ] + identity + settings
  }
}
