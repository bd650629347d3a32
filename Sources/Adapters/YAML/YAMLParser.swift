internal import CYAML
internal import Domain

/// Owns a libyaml parser and the bytes that it reads.
struct YAMLParser: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>

  /// - Parameter bytes: valid UTF-8 without a byte order mark.
  init(_ bytes: ArraySlice<UInt8>) throws(Finding) {
    parser = .allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      throw YAMLParser.outOfMemory
    }
    // libyaml keeps the pointer, so the bytes must stay where they are.
    input = .allocate(capacity: max(bytes.count, 1))
    _ = input.initialize(from: bytes)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  /// The next event, which the caller deletes.
  mutating func next() throws(Finding) -> yaml_event_t {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw fault }
    return event
  }

  /// The next token, which the caller deletes.
  mutating func nextToken() throws(Finding) -> yaml_token_t {
    var token = yaml_token_t()
    guard yaml_parser_scan(parser, &token) == 1 else { throw fault }
    return token
  }

  private var fault: Finding {
    let state = parser.pointee
    guard state.error != YAML_MEMORY_ERROR else { return YAMLParser.outOfMemory }
    let problem = state.problem.map { String(cString: $0) } ?? "the text cannot be read"
    let context = state.context.map { String(cString: $0) }
    return SyntaxFault(
      problem: problem, context: context, problemPlace: SourcePosition(state.problem_mark),
      contextPlace: SourcePosition(state.context_mark)
    ).finding
  }

  private static let outOfMemory = Finding(
    code: "document-too-large", message: "there is not enough memory to read the document",
    hint: "make the document smaller", position: .start)
}

extension SourcePosition {
  init(_ mark: yaml_mark_t) {
    self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
  }
}
