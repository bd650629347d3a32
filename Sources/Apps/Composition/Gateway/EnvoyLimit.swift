/// How many requests a second a gateway lets through, as Envoy reads it; more are answered 429.
struct EnvoyLimit {
  let requestsPerSecondMax: Int

  func lines(_ name: String) -> [String] {
    let count = requestsPerSecondMax
    return [
      "\"@type\": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3"
        + ".LocalRateLimit",
      "stat_prefix: \(name)",
      "token_bucket: {max_tokens: \(count), tokens_per_fill: \(count), fill_interval: 1s}",
      "filter_enabled: {default_value: {numerator: 100, denominator: HUNDRED}}",
      "filter_enforced: {default_value: {numerator: 100, denominator: HUNDRED}}",
      "response_headers_to_add: [{header: {key: retry-after, value: \"1\"}}]",
    ]
  }
}
