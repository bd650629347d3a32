/// All rules over one tree.
struct Inspection: Sendable {
  let rules: [any Rule]

  static let everyRule: [any Rule] = [
    ImportDirectionRule(), ImportAccessRule(), ManifestRule(), BannedCallRule(), ForceRule(),
    CoreRule(), DefaultCaseRule(), OrderedCollectionRule(), FileLengthRule(), FunctionLengthRule(),
    LineLengthRule(), ParameterRule(), GenericsRule(), NamingRule(), CommentRule(),
    UnfinishedRule(),
    TestSleepRule(), PlaceholderRule(), ContractSuiteRule(), GuaranteeRule(),
  ]

  init(rules: [any Rule] = Inspection.everyRule) { self.rules = rules }

  /// What is broken and not waived, in the order of paths and lines.
  func violations(in tree: Tree) -> [Violation] {
    let found = rules.flatMap { $0.violations(in: tree) }
    let open = found.filter { !tree.exceptions.covers($0) }
    let ruleNames = rules.map(\.name)
    return (open + tree.exceptions.violations(after: found, ruleNames: ruleNames)).sorted()
  }
}
