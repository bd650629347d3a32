internal import Domain

/// What is needed to see a world again: its seed and all of its plan, with what became of it.
///
/// As JSON, so that people can read and change it.
public struct Bundle: Hashable, Sendable {
  /// Of this form; others are refused.
  public static let version = 2

  public var seed: UInt64
  public var plan: WorldPlan
  public var signature: String
  public var message: String
  /// The trace of the world, in hexadecimal.
  public var trace: String

  public init(seed: UInt64, plan: WorldPlan, signature: String, message: String, trace: String) {
    self.seed = seed
    self.plan = plan
    self.signature = signature
    self.message = message
    self.trace = trace
  }

  public var json: String {
    Value.object([
      "version": .integer(Int64(Bundle.version)), "seed": .string(String(seed)),
      "plan": plan.value, "signature": .string(signature), "message": .string(message),
      "trace": .string(trace),
    ]).json
  }

  public init(json bytes: [UInt8]) throws(BundleError) {
    guard let value = try? Value(json: bytes, limits: .normalForm) else {
      throw BundleError("it is no JSON document, or was cut off")
    }
    let reader = PlanReader(value)
    let version = try reader.integer("version")
    guard version == Bundle.version else {
      throw BundleError("it has version \(version); this program reads \(Bundle.version)")
    }
    guard let seed = UInt64(try reader.text("seed")) else {
      throw BundleError("`seed` is no whole number")
    }
    self.init(
      seed: seed, plan: try WorldPlan(try reader.object("plan")),
      signature: try reader.text("signature"), message: try reader.text("message"),
      trace: try reader.text("trace"))
  }
}

/// Why a bundle cannot be used.
public struct BundleError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
