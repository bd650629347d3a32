internal import Domain

/// The work of a task with every value filled in, secrets left to those who may know them.
struct RenderedWork: Sendable {
  let work: AttemptOrder.Work
  let environment: SortedMap<String, String>
  let secretEnvironment: SortedMap<String, SecretText>

  init(_ definition: TaskDefinition, in scope: EvaluationScope) throws(EvaluationFailure) {
    switch definition.work {
    case .run(let argv):
      var rendered: [String] = []
      for part in argv { rendered.append(try Self.argument(part, in: scope)) }
      work = .run(argv: rendered)
    case .script(let text, let interpreter):
      work = .script(text: text, interpreter: interpreter)
    case .http(let call):
      work = .http(
        AttemptOrder.HTTPOrder(
          method: call.method, url: try Self.argument(call.url, in: scope),
          headers: try Self.rendered(call.headers, in: scope),
          secretHeaders: try Self.secretTexts(call.headers, in: scope),
          body: try call.body?.rendered(in: scope),
          expect: call.expect))
    case .call(let function, let arguments):
      var values: [(String, Value)] = []
      for (name, template) in arguments {
        values.append((name, try template.rendered(in: scope)))
      }
      work = .call(function: function, arguments: SortedMap(values))
    }
    environment = try Self.rendered(definition.environment, in: scope)
    secretEnvironment = try Self.secretTexts(definition.environment, in: scope)
  }

  private static func rendered(
    _ templates: SortedMap<String, Template>, in scope: EvaluationScope
  ) throws(EvaluationFailure) -> SortedMap<String, String> {
    var texts: [(String, String)] = []
    for (name, template) in templates where template.secrets.isEmpty {
      texts.append((name, try argument(template, in: scope)))
    }
    return SortedMap(texts)
  }

  /// Those with secrets in them, which nobody here knows.
  private static func secretTexts(
    _ templates: SortedMap<String, Template>, in scope: EvaluationScope
  ) throws(EvaluationFailure) -> SortedMap<String, SecretText> {
    var texts: [(String, SecretText)] = []
    for (name, template) in templates where !template.secrets.isEmpty {
      texts.append((name, try template.secretText(in: scope)))
    }
    return SortedMap(texts)
  }

  /// Arguments and environment end at a NUL, so that one inside would silently cut the value.
  private static func argument(
    _ template: Template, in scope: EvaluationScope
  ) throws(EvaluationFailure) -> String {
    let text = try template.rendered(in: scope)
    guard !text.utf8.contains(0) else {
      throw EvaluationFailure(code: "nul-in-text", message: "a value contains a NUL character")
    }
    return text
  }
}
