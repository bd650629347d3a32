internal import Domain

/// Definitions as the workload reads them, apart from the service that keeps them.
enum Definitions {
  static func read(_ document: Value) -> WorkflowDefinition? {
    DefinitionReader().read(normalForm: document).definition
  }
}
