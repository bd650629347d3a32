internal import CKafka
internal import CLinux
internal import Glibc
internal import Ports
internal import SystemAdapter

/// Rings on the loop when one of the library's queues has something after it was empty.
///
/// Confined to the loop. A queue is looked at until it is empty after each ring: it does not ring
/// for what comes behind something else.
final class QueueBell {
  private let descriptor: Int32
  private var watch: Watch?
  private var queues: Set<OpaquePointer> = []

  init(on loop: EventLoop, _ ring: @escaping () -> Void) throws(BusError) {
    descriptor = millrace_eventfd_create()
    guard descriptor >= 0 else {
      throw .unavailable("no descriptor is left for a queue of the broker's client")
    }
    let descriptor = descriptor
    do throws(LoopError) {
      watch = try loop.watch(descriptor, for: .readable) { _ in
        millrace_eventfd_drain(descriptor)
        ring()
      }
    } catch {
      throw .unavailable("the loop cannot watch a queue of the broker's client: \(error)")
    }
  }

  deinit {
    // The library may still write to the descriptor of a bell that was let go without `close`:
    // better that nobody else gets its number.
    if descriptor >= 0, queues.isEmpty { Glibc.close(descriptor) }
  }

  /// Until `detach` or `close`. Rings once for what is there already: the library only tells of a
  /// queue that was empty before.
  func attach(to queue: OpaquePointer) {
    var one: UInt64 = 1
    rd_kafka_queue_io_event_enable(queue, descriptor, &one, MemoryLayout<UInt64>.size)
    queues.insert(queue)
    millrace_eventfd_signal(descriptor)
  }

  func detach(from queue: OpaquePointer) {
    rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
    queues.remove(queue)
  }

  /// Before the queues are destroyed: the library must not write to a descriptor that may soon be
  /// somebody else's.
  func close() {
    for queue in queues { detach(from: queue) }
    watch?.cancel()
    watch = nil
  }
}
