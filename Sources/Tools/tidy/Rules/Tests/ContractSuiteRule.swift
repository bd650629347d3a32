/// The same promises are tested on the fake and on the real thing.
struct ContractSuiteRule: Rule {
  let name = "contract-suite"
  let promise = "each port has a contract suite, run by the tests of each implementation"

  private let contracts: [PortContract]
  private let exempt: [String: String]

  init(
    _ contracts: [PortContract] = PortContract.all, exempt: [String: String] = PortContract.exempt
  ) {
    self.contracts = contracts
    self.exempt = exempt
  }

  func violations(in tree: Tree) -> [Violation] {
    tree.swift.filter { $0.place.kind == .ports && $0.place.module == "Ports" }.flatMap { file in
      file.source.types.filter { $0.keyword == "protocol" && $0.isPublic }.flatMap { type in
        violations(of: type, in: file, tree)
      }
    }
  }

  private func violations(
    of type: TypeDeclaration, in file: Tree.SwiftFile, _ tree: Tree
  ) -> [Violation] {
    guard exempt[type.name] == nil else { return [] }
    guard let contract = contracts.first(where: { $0.port == type.name }) else {
      let cure = "add it to Sources/Tools/tidy/Rules/Tests/PortContract.swift with its suite"
      return [
        violation(file.path, type.line, "\(type.name) is in no list of contracts", cure: cure)
      ]
    }
    guard hasSuite(contract, tree) else {
      let cure = "write \(contract.suite) in Tests/Support, in \(contract.suite).swift"
      return [
        violation(file.path, type.line, "\(type.name) has no contract suite", cure: cure)
      ]
    }
    return contract.testFolders.filter { !isCalled(contract.suite, in: $0, tree) }.map { folder in
      violation(
        file.path, type.line, "no test in \(folder) runs \(contract.suite)",
        cure: "run \(contract.suite).cases there with @Test(arguments:)")
    }
  }

  private func hasSuite(_ contract: PortContract, _ tree: Tree) -> Bool {
    tree.swift.contains { file in
      file.path.hasPrefix("Tests/Support/") && file.path.hasSuffix("/\(contract.suite).swift")
        && file.source.types.contains { $0.name == contract.suite }
    }
  }

  private func isCalled(_ suite: String, in folder: String, _ tree: Tree) -> Bool {
    tree.swift.contains { file in
      file.path.hasPrefix(folder + "/")
        && file.source.tokens.contains { $0.kind == .word && $0.text == suite }
    }
  }
}
