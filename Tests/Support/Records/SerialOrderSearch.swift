internal import Ports

/// Looks for a serial order of a history by depth-first search over the clients' positions.
///
/// A state is determined by which steps have been placed, so a set of positions that failed once
/// fails always (Wing and Gong's search with Lowe's memory). Steps that write nothing are placed as
/// soon as they fit: that never closes another way. Commits of unknown outcome that somebody saw
/// are steps without an end; those that nobody saw can be left out, unless they deleted something.
struct SerialOrderSearch {
  private let history: RecordHistory
  private var lanes: [[RecordHistory.Step]]
  private static let statesMax = 2_000_000

  init(_ history: RecordHistory) {
    self.history = history
    let observed = Set(
      history.steps.flatMap { step in
        step.ending == .aborted ? [] : step.sightings.compactMap { $0.row?.writer }
      })
    let clients = (history.steps.map(\.client).max() ?? -1) + 1
    lanes = (0..<clients).map { client in
      history.steps.filter { $0.client == client && $0.isRequired }
    }
    for step in history.steps where step.ending == .unknown {
      let deletes = step.effects.contains { !$0.isPresent }
      if observed.contains(step.number) || deletes { lanes.append([step]) }
    }
    self.observed = observed
  }

  private let observed: Set<Int>

  func run() throws(ContractViolation) {
    try checkVersions()
    try search()
  }

  // MARK: Versions

  /// Each version belongs to one commit, and what is seen was not aborted.
  private func checkVersions() throws(ContractViolation) {
    var writers: [CommitID: Int] = [:]
    var versions: [Int: CommitID] = [:]
    let byNumber = Dictionary(history.steps.map { ($0.number, $0) }) { first, _ in first }
    for step in history.steps {
      if case .committed(let version) = step.ending {
        let other = writers.updateValue(step.number, forKey: version)
        try expect(other == nil, "commits \(other ?? 0) and \(step.number) have one version")
        versions[step.number] = version
      }
    }
    for step in history.steps {
      for sighting in step.sightings {
        guard let seen = sighting.row else { continue }
        let known = versions[seen.writer] ?? seen.version
        try expect(
          known == seen.version,
          "row \(sighting.key) of commit \(seen.writer) is seen with \(seen.version), not \(known)")
        versions[seen.writer] = known
        let writer = byNumber[seen.writer]
        try expect(
          writer?.ending != .aborted && writer?.effects.contains { $0.key == sighting.key } == true,
          "row \(sighting.key) shows commit \(seen.writer), which surely did not write it")
      }
    }
  }

  // MARK: Search

  private struct Node {
    var positions: [Int]
    /// The number of the writer of each row; nil where there is none.
    var rows: [Int?]
  }

  private func search() throws(ContractViolation) {
    var start = Node(
      positions: [Int](repeating: 0, count: lanes.count),
      rows: [Int?](repeating: nil, count: history.keyCount))
    placeReaders(&start)
    var stack = [start]
    var visited: Set<[Int]> = [start.positions]
    var furthest = start
    while let node = stack.popLast() {
      if isComplete(node) { return }
      if node.positions.reduce(0, +) > furthest.positions.reduce(0, +) { furthest = node }
      for lane in candidates(node).reversed() {
        var next = node
        place(lane, in: &next)
        placeReaders(&next)
        if visited.insert(next.positions).inserted { stack.append(next) }
      }
      try expect(
        visited.count <= Self.statesMax, "no serial order found in \(Self.statesMax) states")
    }
    throw ContractViolation(
      "there is no serial order; the furthest one stops before:\n\(blocked(furthest))",
      at: "\(#fileID)")
  }

  private func next(_ lane: Int, in node: Node) -> RecordHistory.Step? {
    let position = node.positions[lane]
    return position < lanes[lane].count ? lanes[lane][position] : nil
  }

  private func isOptional(_ step: RecordHistory.Step) -> Bool {
    step.ending == .unknown && !observed.contains(step.number)
  }

  private func isComplete(_ node: Node) -> Bool {
    lanes.indices.allSatisfy { lane in next(lane, in: node).map(isOptional) ?? true }
  }

  /// A step may come next when no step that must precede it in time is still missing.
  private func horizon(_ node: Node) -> Int {
    lanes.indices.reduce(Int.max) { earliest, lane in
      guard let step = next(lane, in: node) else { return earliest }
      return min(earliest, step.end)
    }
  }

  private func fits(_ step: RecordHistory.Step, _ node: Node) -> Bool {
    step.sightings.allSatisfy { node.rows[$0.key] == $0.row?.writer }
  }

  private func candidates(_ node: Node) -> [Int] {
    let horizon = horizon(node)
    return lanes.indices.filter { lane in
      guard let step = next(lane, in: node) else { return false }
      return step.start < horizon && fits(step, node)
    }
  }

  private func place(_ lane: Int, in node: inout Node) {
    guard let step = next(lane, in: node) else { return }
    for effect in step.effects { node.rows[effect.key] = effect.isPresent ? step.number : nil }
    node.positions[lane] += 1
  }

  private func placeReaders(_ node: inout Node) {
    var hasMoved = true
    while hasMoved {
      hasMoved = false
      for lane in candidates(node) where next(lane, in: node)?.effects.isEmpty == true {
        node.positions[lane] += 1
        hasMoved = true
      }
    }
  }

  private func blocked(_ node: Node) -> String {
    let horizon = horizon(node)
    let lines = lanes.indices.compactMap { lane -> String? in
      guard let step = next(lane, in: node) else { return nil }
      let wrong = step.sightings.filter { node.rows[$0.key] != $0.row?.writer }
      let reasons = wrong.map { sighting in
        let seen = sighting.row.map { "commit \($0.writer)" } ?? "nothing"
        let stored = node.rows[sighting.key].map { "commit \($0)" } ?? "nothing"
        return "row \(sighting.key) was seen with \(seen) and has \(stored)"
      }
      let late = step.start < horizon ? [] : ["began after a missing step had ended"]
      let kind = step.ending == .read ? "read" : "commit"
      return "  \(kind) \(step.number) of client \(step.client): "
        + (reasons + late).joined(separator: "; ")
    }
    return lines.joined(separator: "\n")
  }
}
