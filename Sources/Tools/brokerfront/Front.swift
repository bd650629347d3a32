internal import CLinux
internal import SystemAdapter

/// Takes connections for a broker and makes it more like Kafka. noida-db answers fetches at once
/// when there are no records, so that every consumer would ask without end; librdkafka 2.0.2 trips
/// over tagged fields in what Tansu says of its versions. Confined to the loop.
final class Front {
  let loop: EventLoop
  let time: SystemTime
  var broker: millrace_address
  /// The broker's host, and ours in its place, for what it tells clients of addresses.
  let hosts: (broker: [UInt8], front: [UInt8])
  /// Whether fetches wait here for records.
  let isWaiting: Bool
  private let listener: Int32
  private var watch: Watch?
  private var links: [ObjectIdentifier: Link] = [:]

  init?(
    _ address: millrace_address, broker: millrace_address, named host: String, isWaiting: Bool,
    on loop: EventLoop
  ) {
    var address = address
    listener = millrace_listen(&address, 128)
    guard listener >= 0 else { return nil }
    self.loop = loop
    self.broker = broker
    self.isWaiting = isWaiting
    hosts = ([UInt8](host.utf8), [UInt8]("127.0.0.1".utf8))
    time = SystemTime(on: loop)
    watch = try? loop.watch(listener, for: .readable) { [weak self] _ in self?.accept() }
    guard watch != nil else { return nil }
  }

  private func accept() {
    var peer = millrace_address()
    while case let descriptor = millrace_accept(listener, &peer), descriptor >= 0 {
      guard let link = Link(descriptor, self) else { continue }
      links[ObjectIdentifier(link)] = link
    }
  }

  func forget(_ link: Link) { links[ObjectIdentifier(link)] = nil }

  func wake(_ places: Set<String>) {
    for link in links.values { link.wake(places) }
  }
}
