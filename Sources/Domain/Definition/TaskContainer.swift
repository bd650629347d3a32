/// The container that a program or a script runs in.
public struct TaskContainer: Hashable, Sendable {
  public enum Network: String, Hashable, Sendable, CaseIterable {
    /// Nothing but itself.
    case none
    /// What the engine gives a container that says nothing.
    case `default`
  }

  public var image: String
  public var network: Network
  /// What all its processes may have together; nil for as much as there is.
  public var memoryMebibytesMax: Int?
  /// How many processors' time it may use; nil for as many as there are.
  public var processorsMax: Decimal?
  /// Processes and threads; nil for what the worker allows.
  public var processesMax: Int?

  public init(
    image: String, network: Network = .none, memoryMebibytesMax: Int? = nil,
    processorsMax: Decimal? = nil, processesMax: Int? = nil
  ) {
    self.image = image
    self.network = network
    self.memoryMebibytesMax = memoryMebibytesMax
    self.processorsMax = processorsMax
    self.processesMax = processesMax
  }

  /// What can be limited, and to what.
  public static let memoryMebibytes = 6...16_777_216
  public static let processors =
    Decimal(scaled: Decimal.scale / 100)...Decimal(scaled: 1_024 * Decimal.scale)
  public static let processes = 1...4_194_304
  public static let imageBytesMax = 512

  /// Whether a text can be the name of an image: parts of letters, digits, `.`, `_` and `-` with
  /// `/`, `:` and `@` between them. It never looks like an option of a program.
  public static func isImage(_ text: String) -> Bool {
    let marks = Array("/:@".utf8)
    let parts = text.utf8.split(omittingEmptySubsequences: false) { marks.contains($0) }
    return text.utf8.count <= imageBytesMax
      && parts.allSatisfy { part in
        part.first.map(isPlain) == true
          && part.allSatisfy { isPlain($0) || "._-".utf8.contains($0) }
      }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}
