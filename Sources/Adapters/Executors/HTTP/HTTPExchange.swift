internal import Domain
internal import Ports

/// One call and what its answer means for the task.
struct HTTPExchange {
  let call: HTTPCall
  let expect: [Int]
  let order: WorkOrder
  let client: any EgressClient
  let time: any Time
  let lines: LineQueue

  func run() async -> ExecutionResult {
    do throws(EgressError) {
      await say("\(call.method) \(HTTPExchange.shown(call.url))")
      let answer = try await client.send(call, answerBytesMax: order.limits.responseBytesMax)
      await say("status \(answer.status)")
      return judge(answer.status, answer.body)
    } catch {
      return .failed(exitCode: nil, reason: reason(of: error))
    }
  }

  private func judge(_ status: Int, _ body: [UInt8]) -> ExecutionResult {
    guard expect.contains(status) else {
      let wanted = expect.map(String.init).joined(separator: ", ")
      return failed("http-status", "answered with status \(status); expected \(wanted)")
    }
    var offered: SortedMap<String, Value> = ["status": .integer(Int64(status))]
    if let text = String(validating: body, as: UTF8.self) {
      offered["body"] = .string(text)
      if order.outputs["json"] != nil, let json = try? Value(json: text) { offered["json"] = json }
    }
    do throws(OutputsCheck.Fault) {
      return .succeeded(
        outputs: try OutputsCheck.pick(
          from: offered, declared: order.outputs, bytesMax: order.limits.outputsBytesMax))
    } catch {
      return .failed(exitCode: nil, reason: error.reason(at: time.now()))
    }
  }

  private func reason(of error: EgressError) -> Reason {
    let (code, message) =
      switch error {
      case .destinationRefused:
        (
          "http-destination-refused",
          "the address leads to where this installation does not send to"
        )
      case .invalid(let why): ("http-invalid", "the call cannot be made: \(why)")
      case .unreachable(let why):
        ("http-unreachable", "no connection was made, so the call was not carried out: \(why)")
      case .disconnected:
        (
          "http-outcome-unknown",
          "the connection broke before the whole answer had come; the call may have taken effect"
        )
      case .timedOut:
        (
          "http-outcome-unknown",
          "no answer within \(call.timeout.wholeMilliseconds) ms; the call may have taken effect"
        )
      case .malformed: ("http-malformed", "the answer is not HTTP")
      case .tooLarge:
        (
          "http-too-large",
          "the answer is larger than \(order.limits.responseBytesMax) bytes"
        )
      }
    return Reason(code: code, message: message, since: time.now())
  }

  private func failed(_ code: String, _ message: String) -> ExecutionResult {
    .failed(exitCode: nil, reason: Reason(code: code, message: message, since: time.now()))
  }

  private func say(_ text: String) async {
    await lines.append(text, to: .system, at: time.now())
  }

  /// A URL without what may be secret in it: user, query and fragment.
  static func shown(_ url: String) -> String {
    let bare = url.prefix { $0 != "?" && $0 != "#" }
    guard let scheme = bare.range(of: "://") else { return String(bare) }
    let rest = bare[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return String(bare) }
    return String(bare[..<scheme.upperBound] + rest[rest.index(after: at)...])
  }
}

extension Substring {
  /// Without Foundation's search: the first place where `text` stands.
  fileprivate func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) {
        return start..<index(start, offsetBy: text.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
