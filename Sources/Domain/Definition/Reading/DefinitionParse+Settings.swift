// How the settings of a task are read: limits of time, retries, and what `defaults` gives to all.

/// What `defaults` gives to every task that does not say otherwise.
struct TaskDefaults {
  var pool = PoolName.default
  var limits = TimeLimits()
  var retry = RetryPolicy()
  var environment: SortedMap<String, Template> = [:]
}

extension DefinitionParse {
  /// `timeout: 5m` limits the attempt; a map names each limit; what it leaves out is `base`.
  mutating func timeLimits(_ cursor: SourceCursor, over base: TimeLimits) -> TimeLimits {
    var times = base
    if cursor.scalar != nil, !cursor.isNull {
      if let attempt = durationSetting(cursor) { times.attempt = attempt.length }
      return times
    }
    guard let map = map(cursor, .timeLimits) else { return times }
    if let queue = map["queue"].flatMap({ durationSetting($0) }) { times.queue = queue.length }
    if let attempt = map["attempt"].flatMap({ durationSetting($0) }) {
      times.attempt = attempt.length
    }
    if let total = map["total"].flatMap({ durationSetting($0) }) { times.total = total.length }
    if let beat = map["heartbeat"].flatMap({ durationSetting($0) }) {
      times.heartbeat = beat.length
    }
    if let grace = map["grace"].flatMap({ duration($0, from: .zero) }) { times.grace = grace }
    warnAboutTimes(map, times)
    return times
  }

  /// A limit that another one always reaches first is most likely a mistake.
  private mutating func warnAboutTimes(_ map: SourceCursor, _ times: TimeLimits) {
    if let attempt = map["attempt"], let total = times.total, let length = times.attempt,
      total < length
    {
      hopeless(
        attempt,
        "an attempt may take \(DurationText.text(of: length)) and all attempts together "
          + "\(DurationText.text(of: total)), so the attempt limit is never reached",
        hint: "make 'total' at least as long as 'attempt'")
    }
    if let beat = map["heartbeat"], let length = times.heartbeat, let attempt = times.attempt,
      attempt <= length
    {
      hopeless(
        beat,
        "an attempt ends after \(DurationText.text(of: attempt)), "
          + "so silence of \(DurationText.text(of: length)) is never noticed",
        hint: "make 'heartbeat' shorter than 'attempt'")
    }
  }

  mutating func hopeless(_ cursor: SourceCursor, _ message: String, hint: String) {
    report(.warning("hopeless-setting", message, hint: hint), at: cursor)
  }

  mutating func retry(_ cursor: SourceCursor, over base: RetryPolicy) -> RetryPolicy {
    var retry = base
    if cursor.scalar != nil, !cursor.isNull {
      wrongType(
        cursor, wanted: "a map",
        hint: "write {attempts: \(cursor.scalar?.text.prefix(10) ?? "")}; the first try counts")
      return retry
    }
    guard let map = map(cursor, .retry) else { return retry }
    if let attempts = map["attempts"].flatMap({ integer($0, in: 1...limits.attemptsMax) }) {
      retry.attemptsMax = attempts
    }
    if let backoff = map["backoff"] { retry.backoff = self.backoff(backoff, over: base.backoff) }
    if let rules = map["rules"] {
      retry.rules = list(rules, of: "rules", max: limits.retryRulesMax).compactMap { rule($0) }
    }
    return retry
  }

  private mutating func backoff(_ cursor: SourceCursor, over base: Backoff) -> Backoff {
    var backoff = base
    guard let map = map(cursor, .backoff) else { return backoff }
    if let initial = map["initial"].flatMap({ duration($0, from: .zero) }) {
      backoff.initial = initial
    }
    if let factor = map["factor"].flatMap({ factor($0) }) { backoff.factor = factor }
    if let cap = map["max"].flatMap({ duration($0, from: .zero) }) { backoff.cap = cap }
    if let jitter = map["jitter"].flatMap({ word($0, Backoff.Jitter.self) }) {
      backoff.jitter = jitter
    }
    if let initial = map["initial"], backoff.initial > backoff.cap {
      hopeless(
        initial,
        "the first wait of \(DurationText.text(of: backoff.initial)) is cut to 'max', "
          + DurationText.text(of: backoff.cap),
        hint: "make 'max' at least as long as 'initial'")
    }
    return backoff
  }

  private mutating func factor(_ cursor: SourceCursor) -> Decimal? {
    let bounds = Decimal(scaled: Decimal.scale)...Decimal(scaled: 100 * Decimal.scale)
    return number(cursor, in: bounds, example: "1.5")
  }

  /// A number with or without a fraction.
  mutating func number(
    _ cursor: SourceCursor, in bounds: ClosedRange<Decimal>, example: String
  ) -> Decimal? {
    let range = "\(bounds.lowerBound.text) to \(bounds.upperBound.text)"
    guard let value = value(cursor) else { return nil }
    let number: Decimal?
    switch value {
    case .integer(let whole):
      let (scaled, isOver) = whole.multipliedReportingOverflow(by: Decimal.scale)
      number = isOver ? nil : Decimal(scaled: scaled)
    case .decimal(let decimal):
      number = decimal
    case .null, .boolean, .string, .array, .object:
      wrongType(
        cursor, wanted: "a number", hint: "write a number from \(range), such as \(example)")
      return nil
    }
    guard let number, bounds.contains(number) else {
      outOfRange(cursor, range)
      return nil
    }
    return number
  }

  private enum NamedTrigger: String, CaseIterable { case failed, timedOut, lost }

  private mutating func rule(_ cursor: SourceCursor) -> RetryPolicy.Rule? {
    guard let map = map(cursor, .retryRule) else { return nil }
    let attempts = map["attempts"].flatMap { integer($0, in: 1...limits.attemptsMax) }
    if map["attempts"] == nil { missing("attempts", in: cursor, "say how often: attempts: 3") }
    let trigger: RetryPolicy.Trigger?
    switch (map["on"], map["exit"]) {
    case (let on?, nil):
      trigger = word(on, NamedTrigger.self).map { word in
        switch word {
        case .failed: .failed
        case .timedOut: .timedOut
        case .lost: .lost
        }
      }
    case (nil, let exit?):
      trigger = exitCodes(exit).map(RetryPolicy.Trigger.exit)
    case (nil, nil):
      missing("on", in: cursor, "say what the rule is about: 'on: lost' or 'exit: [75]'")
      trigger = nil
    case (_?, let exit?):
      conflict(exit, with: "on", hint: "write two rules, the one that comes first first")
      trigger = nil
    }
    guard let trigger, let attempts else { return nil }
    return RetryPolicy.Rule(trigger, attemptsMax: attempts)
  }

  private mutating func exitCodes(_ cursor: SourceCursor) -> [Int]? {
    // Zero is success and never ends an attempt badly.
    let range = 1...255
    if cursor.items == nil { return integer(cursor, in: range).map { [$0] } }
    let items = list(cursor, of: "exit codes", max: 255)
    let codes = items.compactMap { integer($0, in: range) }
    guard !items.isEmpty else {
      missing("exit code", in: cursor, "name at least one exit code")
      return nil
    }
    return codes.count == items.count ? SortedSet(codes).members : nil
  }

  mutating func missing(_ key: String, in cursor: SourceCursor, _ hint: String) {
    report(
      Fault("missing-key", "\(cursor.name) has no '\(key)'", hint: hint),
      at: cursor.ownerPosition, of: cursor)
  }

  mutating func conflict(_ cursor: SourceCursor, with key: String, hint: String) {
    report(
      Fault("conflicting-keys", "\(cursor.name) cannot stand beside '\(key)'", hint: hint),
      at: cursor.ownerPosition, of: cursor)
  }
}
