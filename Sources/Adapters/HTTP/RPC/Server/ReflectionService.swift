internal import Ports
internal import Wire

/// `grpc.reflection.v1.ServerReflection` and its elder twin `v1alpha`, whose messages are the same:
/// tells clients which services there are and what their messages look like.
struct ReflectionService: Sendable {
  static let names = [
    "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
  ]

  private let services: [String]
  private let index: DescriptorIndex

  private static let questionsMax = 10_000

  init(_ services: [String], _ descriptors: [[UInt8]]) {
    self.services = (services + ReflectionService.names + [HealthService.name]).sorted()
    index = DescriptorIndex(descriptors)
  }

  func answer(_ request: RPCRequest, to sink: any RPCSink) async throws(RPCError) {
    guard request.method == "ServerReflectionInfo" else {
      throw RPCError(.unimplemented, "\(request.service) has no method \(request.method)")
    }
    for _ in 0..<ReflectionService.questionsMax {
      guard let question = try await request.messages.next() else { return }
      try await sink.write(try answer(question))
    }
    throw RPCError(.resourceExhausted, "too many questions on one stream")
  }

  // MARK: - Messages

  private enum Question {
    case file(String)
    case symbol(String)
    case fileOfExtension
    case extensionNumbers
    case services
  }

  private func answer(_ bytes: [UInt8]) throws(RPCError) -> [UInt8] {
    let (host, question) = try ReflectionService.read(bytes)
    var writer = WireWriter()
    writer.string(1, host)
    writer.data(2, bytes)
    switch question {
    case .file(let name): write(index.files(with: name), asked: name, into: &writer)
    case .symbol(let name): write(index.files(defining: name), asked: name, into: &writer)
    case .services:
      let mark = writer.begin(6)
      for service in services {
        let inner = writer.begin(1)
        writer.string(1, service)
        writer.end(inner)
      }
      writer.end(mark)
    case .fileOfExtension, .extensionNumbers:
      write([], asked: "extensions", into: &writer)
    case nil:
      let mark = writer.begin(7)
      writer.int32(1, Int32(RPCError.Code.invalidArgument.rawValue))
      writer.string(2, "a question that is not known")
      writer.end(mark)
    }
    return writer.bytes
  }

  private func write(_ files: [[UInt8]], asked: String, into writer: inout WireWriter) {
    if files.isEmpty {
      let mark = writer.begin(7)
      writer.int32(1, Int32(RPCError.Code.notFound.rawValue))
      writer.string(2, "not found: \(asked)")
      writer.end(mark)
    } else {
      let mark = writer.begin(4)
      for file in files { writer.data(1, file) }
      writer.end(mark)
    }
  }

  private static func read(_ bytes: [UInt8]) throws(RPCError) -> (String, Question?) {
    do throws(WireError) {
      var host = ""
      var question: Question?
      var reader = try WireReader(bytes)
      while let tag = try reader.nextTag() {
        switch tag {
        case 10: host = try reader.string()
        case 26: question = .file(try reader.string())
        case 34: question = .symbol(try reader.string())
        case 42:
          question = .fileOfExtension
          try reader.skip(tag)
        case 50:
          question = .extensionNumbers
          try reader.skip(tag)
        case 58:
          question = .services
          try reader.skip(tag)
        default: try reader.skip(tag)
        }
      }
      return (host, question)
    } catch {
      throw RPCError(.invalidArgument, "the message is no ServerReflectionRequest")
    }
  }
}
