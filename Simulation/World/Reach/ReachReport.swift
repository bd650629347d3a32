public import Domain
internal import SimulationFaults

/// What a batch of worlds has reached, and what it has not.
public struct ReachReport: Sendable {
  let worlds: Int
  let reach: Reach
  let struck: SortedMap<String, Int>
  let marks: SortedMap<String, Int>

  public init(
    worlds: Int, reach: Reach, struck: SortedMap<String, Int>, marks: SortedMap<String, Int>
  ) {
    self.worlds = worlds
    self.reach = reach
    self.struck = struck
    self.marks = marks
  }

  /// Probes that are not rare and were reached by no world; faults that never did anything.
  public var unreached: [String] {
    Probes.all.filter { !$0.isRare && marks[$0.name] == nil }.map(\.name)
      + Faults.all.map { $0.card.name }.filter { struck[$0] == nil }.map { "\($0) struck" }
  }

  private var faults: [String] { Faults.all.map { $0.card.name } }

  /// Cells of fault × phase that nothing has come to.
  private var empty: Int {
    faults.reduce(0) { sum, fault in
      sum + WorkPhase.allCases.filter { reach[fault, $0] == 0 }.count
    }
  }

  private var summary: String {
    let cells = faults.count * WorkPhase.allCases.count
    let reached = Probes.all.filter { marks[$0.name] != nil }.count
    return "\(worlds) worlds; \(reached) of \(Probes.all.count) probes reached; "
      + "\(cells - empty) of \(cells) pairs of fault and phase met"
  }

  // MARK: Text

  public var text: String {
    let width = (faults.map(\.count).max() ?? 0) + 1
    var lines = [summary, ""]
    for (number, phase) in WorkPhase.allCases.enumerated() {
      lines.append(String(repeating: " ", count: width + number * 6) + phase.rawValue)
    }
    for fault in faults {
      let counts = WorkPhase.allCases.map { phase -> String in
        let count = reach[fault, phase]
        return (count == 0 ? "·" : ReachReport.short(count)).padded(6)
      }
      lines.append(fault.padded(width) + counts.joined())
    }
    lines += ["", unreached.isEmpty ? "nothing is left unreached" : "never reached:"]
    lines += unreached.map { "  \($0)" }
    return lines.joined(separator: "\n")
  }

  private static func short(_ count: Int) -> String {
    count < 10_000 ? "\(count)" : "\(count / 1_000)k"
  }

  // MARK: HTML

  /// One page that needs nothing else.
  public var html: String {
    let head = WorkPhase.allCases.map { "<th><span>\($0.rawValue)</span></th>" }.joined()
    let most = faults.flatMap { fault in WorkPhase.allCases.map { reach[fault, $0] } }.max() ?? 0
    let rows = faults.map { fault -> String in
      let cells = WorkPhase.allCases.map { phase -> String in
        let count = reach[fault, phase]
        let depth = ReachReport.depth(count, of: most)
        return "<td class=d\(depth) title='\(fault) while \(phase.rawValue): \(count)'>"
          + "\(count == 0 ? "" : ReachReport.short(count))</td>"
      }
      return "<tr><th scope=row>\(fault)</th>\(cells.joined())</tr>"
    }
    let left =
      unreached.isEmpty
      ? "<p>Nothing is left unreached.</p>"
      : "<ul>" + unreached.map { "<li>\($0)</li>" }.joined() + "</ul>"
    let probes = Probes.all.map { probe in
      "<tr><th scope=row>\(probe.name)</th><td>\(marks[probe.name] ?? 0)</td>"
        + "<td class=means>\(probe.means)</td></tr>"
    }
    return """
      <!doctype html><html lang=en><meta charset=utf-8><title>What the simulator reached</title>
      <meta name=viewport content="width=device-width"><style>\(ReachReport.style)</style>
      <h1>What the simulator reached</h1><p>\(summary).</p>
      <h2>Never reached</h2>\(left)
      <h2>Fault by phase</h2><p>How often a fault began while something was in a phase.</p>
      <div class=wide><table><thead><tr><td></td>\(head)</tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
      <h2>Probes</h2><div class=wide><table>\(probes.joined(separator: "\n"))</table></div></html>

      """
  }

  /// From 0, never, to 5: by orders of magnitude.
  private static func depth(_ count: Int, of most: Int) -> Int {
    guard count > 0, most > 0 else { return 0 }
    var (depth, bound) = (5, most)
    while depth > 1, count * 4 < bound { (depth, bound) = (depth - 1, bound / 4) }
    return depth
  }

  private static let style = """
    :root{color-scheme:light dark;--ink:#1c1d22;--paper:#fbfaf7;--line:#d8d5cc;--c:30,102,92}
    @media(prefers-color-scheme:dark){
    :root{--ink:#e8e6df;--paper:#17181b;--line:#3a3b40;--c:94,190,170}}
    body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;
    color:var(--ink);background:var(--paper)}
    h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
    .wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
    th,td{padding:.2rem .5rem;border:1px solid var(--line);text-align:right;font-size:.8rem}
    th[scope=row]{text-align:left;font-weight:500;white-space:nowrap}
    thead th{height:8rem;vertical-align:bottom;font-weight:500}thead td{border:0}
    thead span{writing-mode:vertical-rl;transform:rotate(180deg)}td.means{text-align:left}
    .d0{background:repeating-linear-gradient(45deg,transparent 0 4px,var(--line) 4px 5px)}
    .d1{background:rgba(var(--c),.1)}.d2{background:rgba(var(--c),.2)}
    .d3{background:rgba(var(--c),.32)}.d4{background:rgba(var(--c),.46)}
    .d5{background:rgba(var(--c),.62)}
    """
}
