internal import Domain
internal import Ports

extension Router {
  /// Tells of a request that was answered, if its trace is recorded.
  func tell(_ request: HTTPRequest, _ id: RequestID, _ passage: Passage, _ status: Int) {
    let (here, parent) = passage.place
    guard here.isSampled else { return }
    var attributes: SortedMap<String, TraceSpan.Attribute> = [
      SpanNames.requestMethod: .text(request.method), SpanNames.path: .text(request.path),
      SpanNames.status: .number(Int64(status)), SpanNames.request: .text(id.text),
    ]
    if let route = passage.route { attributes[SpanNames.route] = .text(route.template) }
    let isFault = status >= 500
    if isFault { attributes[SpanNames.error] = .text(passage.problem?.code ?? "\(status)") }
    context.telemetry.record(
      TraceSpan(
        passage.route?.name ?? request.method, .server, here, under: parent,
        from: passage.arrivedAt, to: context.time.now(), attributes,
        failure: isFault ? passage.problem?.detail ?? "" : nil))
  }
}
