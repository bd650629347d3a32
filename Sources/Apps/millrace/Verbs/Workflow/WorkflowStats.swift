internal import Domain
internal import Ports

/// The verb that says what runs of a workflow usually come to.
enum WorkflowStats {
  static let verb = Verb(
    "workflow stats", "Say what the runs of a workflow come to, and how long its tasks take",
    operands: "WORKFLOW", count: 1...1,
    options: [
      .init("since", value: "INSTANT", "runs created at or after"),
      .init("before", value: "INSTANT", "runs created before"),
      .init("runs", value: "NUMBER", "look at so many of the newest (default: 1000)"),
    ]
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let namespace = Client.encoded(call.value("namespace") ?? "default")
      let summary = try await client.get(
        "/v1/workflows/\(namespace)/\(Client.encoded(call.operand(0)))/summary",
        query: ["since", "before", "runs"].map { ($0, call.value($0)) })
      form.print(summary, name: { $0["workflow"]?.string ?? "" }) { text(of: summary) }
      return .ok
    }
  }

  private static func text(of summary: Value) -> String {
    let runs = summary["runs"]?.number ?? 0
    guard runs > 0 else { return "no run has ended" }
    let rate = summary["failuresPerThousand"]?.number.map { "\($0 / 10).\($0 % 10)%" } ?? "-"
    let cut = summary["isCut"] == .boolean(true) ? " of more" : ""
    var table = Table(["TASK", "ENDS", "TRIES", "WAIT P50", "P95", "TOOK P50", "P95", "MAX"])
    table.add(["(run)", states(summary), "-"] + lengths(summary))
    for task in summary["tasks"]?.items ?? [] {
      table.add(
        [task["task"]?.string ?? "", states(task), "\(task["attempts"]?.number ?? 0)"]
          + lengths(task))
    }
    return "\(runs) runs\(cut), \(rate) failed\n\n" + table.text
  }

  private static func states(_ item: Value) -> String {
    guard case .object(let states)? = item["states"] else { return "" }
    return states.map { "\($0.value.number ?? 0) \($0.key)" }.joined(separator: ", ")
  }

  private static func lengths(_ item: Value) -> [String] {
    [("wait", "p50"), ("wait", "p95"), ("took", "p50"), ("took", "p95"), ("took", "max")].map {
      item[$0]?[$1]?.number.map { Times.length(.milliseconds($0)) } ?? "-"
    }
  }
}
