internal import CLinux
internal import SystemAdapter

/// A connected socket that frames of Kafka come from and go to: four bytes of length, then as many.
/// Confined to the loop.
final class Stream {
  private static let frameBytesMax = 64 << 20
  private let descriptor: Int32
  private let loop: EventLoop
  private var watch: Watch?
  private var input: [UInt8] = []
  private var output: [UInt8] = []
  private var sent = 0
  private var isClosed = false
  private let onFrame: ([UInt8]) -> Void
  private let onEnd: () -> Void

  /// Takes the descriptor over.
  init?(
    _ descriptor: Int32, on loop: EventLoop, onFrame: @escaping ([UInt8]) -> Void,
    onEnd: @escaping () -> Void
  ) {
    self.descriptor = descriptor
    self.loop = loop
    self.onFrame = onFrame
    self.onEnd = onEnd
    guard
      let watch = try? loop.watch(
        descriptor, for: [.readable, .writable, .peerClosed],
        { [weak self] readiness in self?.handle(readiness) })
    else {
      millrace_close(descriptor)
      return nil
    }
    self.watch = watch
  }

  func send(_ frame: [UInt8]) {
    let count = UInt32(truncatingIfNeeded: frame.count)
    for shift in [24, 16, 8, 0] as [UInt32] {
      output.append(UInt8(truncatingIfNeeded: count >> shift))
    }
    output += frame
    flush()
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    watch?.cancel()
    watch = nil
    millrace_close(descriptor)
  }

  private func handle(_ readiness: Readiness) {
    if readiness.contains(.writable) { flush() }
    if !readiness.isDisjoint(with: [.readable, .peerClosed, .failed]) { receive() }
  }

  private func flush() {
    while !isClosed, sent < output.count {
      let count = output.withUnsafeBytes { bytes in
        millrace_send(descriptor, bytes.baseAddress?.advanced(by: sent), UInt64(bytes.count - sent))
      }
      guard count > 0 else { break }
      sent += Int(count)
    }
    if sent == output.count {
      output.removeAll(keepingCapacity: true)
      sent = 0
    }
    try? watch?.change(
      to: output.isEmpty ? [.readable, .peerClosed] : [.readable, .writable, .peerClosed])
  }

  private func receive() {
    var scratch = [UInt8](repeating: 0, count: 256 << 10)
    let count = scratch.withUnsafeMutableBytes { bytes in
      millrace_receive(descriptor, bytes.baseAddress, UInt64(bytes.count))
    }
    guard count > 0 else {
      // Nothing now, or nothing any more.
      if count != -11 { onEnd() }
      return
    }
    input += scratch.prefix(Int(count))
    var start = 0
    while !isClosed, input.count - start >= 4 {
      var reader = WireReader(input[start...])
      guard let length = reader.integer(4), (0...Stream.frameBytesMax).contains(length) else {
        return onEnd()
      }
      guard input.count - start - 4 >= length else { break }
      let frame = [UInt8](input[start + 4..<start + 4 + length])
      start += 4 + length
      onFrame(frame)
    }
    if start > 0 { input.removeFirst(start) }
  }
}
