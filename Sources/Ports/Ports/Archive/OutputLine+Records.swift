public import Contracts
internal import Domain

extension LogSegmentRecord.Line {
  public init(_ line: OutputLine) {
    let stream: Stream =
      switch line.stream {
      case .out: .out
      case .error: .error
      case .system: .system
      }
    self.init(stream: stream, text: line.bytes, atUs: line.at.microseconds)
  }
}

extension OutputLine {
  public init(archived line: LogSegmentRecord.Line) {
    let stream: Stream =
      switch line.stream {
      case .error: .error
      case .system: .system
      case .out, .unspecified, .unrecognized: .out
      }
    self.init(stream: stream, bytes: line.text, at: Moment(microseconds: line.atUs))
  }
}
